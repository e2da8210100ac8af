"""Pixels on the local disk of a machine: kept between runs, shared by all processes, bounded."""
