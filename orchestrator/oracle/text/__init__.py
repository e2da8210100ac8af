"""The text side of the oracle: tokens, texts and soft contexts to class features."""
