"""What is measured: datasets, protocols, ready specs and the embedded default."""
