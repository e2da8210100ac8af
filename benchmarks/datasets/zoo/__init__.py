"""Readers of the named datasets, one file each."""
