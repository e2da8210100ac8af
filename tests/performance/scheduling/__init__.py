"""What planning and scheduling cost, on the pool and on Ray Tune, and what kills cost either.

Cells are planned as always; only the oracles are null. `python -m tests.performance.scheduling`.
"""
