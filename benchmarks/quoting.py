"""What users and libraries wrote, made fit for a message: printable, on one line, not too long."""

_LONGEST = 60
"""Characters of a value that a message shows."""

_LONGEST_REASON = 160
"""Characters of a library's reason that a message shows."""

_KINDS: dict[type, str] = {dict: "a mapping", list: "a list", tuple: "a list"}


def one_line(text: str) -> str:
    """A text with blanks for line ends and escapes for what can't be printed.

    For example, names of files that are not UTF-8 would break any terminal or log.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def cut(text: str, longest: int = _LONGEST) -> str:
    """The beginning of a text."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def quoted(value: object) -> str:
    """A value as a message shows it: text in quotes and cut, of bytes only how many there are."""
    if isinstance(value, str):
        return repr(cut(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value):,} bytes"
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_LONGEST else "a number of very many digits"
    return _KINDS.get(type(value), f"a value of the type {type(value).__name__}")


def brief(error: BaseException) -> str:
    """The first line of a library's reason, or the error's kind if it gives none; without a dot."""
    told = f"{error} is missing" if isinstance(error, KeyError) and error.args else str(error)
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    reason = lines[0] if lines else type(error).__name__
    return cut(one_line(reason), _LONGEST_REASON).rstrip(".")


def _escaped(letter: str) -> str:
    return " " if letter.isspace() else repr(letter)[1:-1]
