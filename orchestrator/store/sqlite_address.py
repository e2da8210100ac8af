"""URLs of SQLite files, as SQLAlchemy reads them: MLflow and Optuna open theirs by such URLs."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, unquote

_URL = re.compile(r"sqlite(?:\+pysqlite)?:///([^?]*)")
_SPECIAL = re.compile(r"[%?{}]")


def sqlite_url(file: Path) -> str:
    """The URL of a file.

    `%` and `?` mean something to SQLAlchemy, and braces to Optuna, so they are escaped. MLflow
    would make a folder of the escaped name, unless the URL names the driver.

    Example:
        >>> sqlite_url(Path("/my results/mlflow.db"))
        'sqlite:////my results/mlflow.db'
        >>> sqlite_url(Path("/100%/mlflow.db"))
        'sqlite+pysqlite:////100%25/mlflow.db'
    """
    path = str(file.absolute())
    escaped = _SPECIAL.sub(lambda found: quote(found.group(), safe=""), path)
    return f"sqlite:///{path}" if escaped == path else f"sqlite+pysqlite:///{escaped}"


def sqlite_file(url: str) -> Path | None:
    """The file of a URL, as an absolute path; None if it is no URL of a SQLite file."""
    found = _URL.match(url)
    path = unquote(found.group(1)) if found else ""
    if not path or path.startswith((":memory:", "file:")):
        return None
    home = path.startswith("~/")
    return (Path(path).expanduser() if home else Path(path)).absolute()


def absolute_url(url: str) -> str | None:
    """The URL of the same file from any folder, with its options; None if it is of no file."""
    file = sqlite_file(url)
    _, mark, options = url.partition("?")
    return None if file is None else f"{sqlite_url(file)}{mark}{options}"
