"""Searches for settings: Optuna suggests, Ray Tune fans out, the pool's oracles answer."""
