"""A black box that is not in our memory: what passes between it and a trial, and who asks it."""
