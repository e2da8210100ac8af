"""Reads results from the store alone where a dataset, weights or an encoder aren't here."""
