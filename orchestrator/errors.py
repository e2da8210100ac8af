"""The one error class that the command line turns into a message and exit code 2."""


class UserError(Exception):
    """Something the user can mend: what was expected, what was received, what to do."""
