"""Several reports in one folder, with a leaderboard of what may be compared."""
