"""Draws small captioned images from a random generator: numpy alone, no fonts, no files."""
