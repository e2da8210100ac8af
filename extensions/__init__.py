"""What others write: found by its place or its package's entry point, checked, told apart."""
