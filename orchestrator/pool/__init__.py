"""Supervised Ray actors, and what feeds them with cells."""
