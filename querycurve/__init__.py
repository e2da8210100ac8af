"""querycurve in Python: plan, run, load and compare results, tune a prompt, and use it."""
