"""What methods share: estimates, projections, schedules, losses."""
