"""The command line: its verbs, and what a person sees."""
