"""Metrics and statistics over finished traces, one file each; charts/ and report/ show them."""
