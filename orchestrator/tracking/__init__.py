"""The one writer of MLflow."""
