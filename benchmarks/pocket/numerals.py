"""Names of the ten digits: class names of the pocket's datasets, and words of its captions."""

NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
