"""What verbs print for programs: one JSON object each; docs/reference/json.md has the shapes."""
