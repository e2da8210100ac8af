"""Reads what people wrote: YAML, checked against models, with messages for whoever wrote it."""
