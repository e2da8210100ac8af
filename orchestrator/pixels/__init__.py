"""Pixels of images: kept once per machine, transformed in threads, given to the device."""
