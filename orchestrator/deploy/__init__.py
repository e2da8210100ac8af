"""Tuned prompts outside of the benchmark: kept in a folder, and asked about any images."""
