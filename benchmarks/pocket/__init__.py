"""The pocket: a tiny CLIP with its own datasets, for running everything without a download."""
