"""A user's own datasets: named in the spec, without any code."""
