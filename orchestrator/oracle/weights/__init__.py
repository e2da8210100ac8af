"""Files of weights: recognised, checked against the model when planning, and read."""
