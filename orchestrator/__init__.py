"""Where and when: spec -> plan -> run -> store -> report."""
