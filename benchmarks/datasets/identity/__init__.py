"""What identifies the data behind a result: contents of files, digests, and what is on record."""
