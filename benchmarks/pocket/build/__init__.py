"""What made the pocket: generator, tokenizer, training. Left out of the installed package."""
