"""Metrics, statistics, tables and plots over finished traces; one file each."""
