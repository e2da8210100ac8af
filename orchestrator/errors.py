"""What users are told of errors."""

import re

_OUR_CLASS = re.compile(r"^(benchmarks|extensions|methods|orchestrator)(\.\w+)+: ")


class UserError(Exception):
    """Something the user can mend: what was expected, what was received, what to do.

    The command line shows it without a traceback, and ends with exit code 2. Notebooks show its
    sentence alone, too.
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback, which names only code of this package."""
        return [f"error: {self}"]


def last_line(error: BaseException | str) -> str:
    """The last line of an error's message or of a traceback, which says what went wrong.

    A traceback names the class before the message; our own speak in sentences without it.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if lines:
        return _OUR_CLASS.sub("", lines[-1])
    return "unknown error" if isinstance(error, str) else type(error).__name__
