"""Whole cells, and where their seconds go."""
