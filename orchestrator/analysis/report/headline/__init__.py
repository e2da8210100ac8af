"""What a report found, in a sentence or two."""
