"""The YAML file that a user writes, typed and checked."""
