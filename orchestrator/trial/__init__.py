"""The only loop (ask, query, tell, measure), and what is built around it."""
