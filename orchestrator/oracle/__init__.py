"""The black box: prompts and images in, class scores out, every query counted."""
