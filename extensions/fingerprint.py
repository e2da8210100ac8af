"""Tells the code of a class from another's, so that no result passes for one of other code."""

import ast
import hashlib
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_SHARED = ("site-packages", "dist-packages")
"""Folders of many packages, of which a single module's neighbours are none of its own."""


@cache
def code_digest(module: str) -> str:
    """SHA-256 of an imported module's source and of what it imports of its own package.

    Of a module in no package, those beside it are its own. Comments and blank lines don't count;
    what other packages do doesn't, either: raise the class's `version` for that. A file that is no
    valid Python, which nothing here can have imported, counts as it is. Empty where there is no
    source.
    """
    file = getattr(sys.modules[module], "__file__", None)
    if file is None or not file.endswith(".py"):
        return ""
    top = module.split(".", maxsplit=1)[0]
    depth = module.count(".") + (Path(file).name == "__init__.py")
    root = Path(file).parents[depth]
    alone = "." not in module and depth == 0
    if alone and root.name in _SHARED:
        return _digest([(module, Path(file))])
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _path(root, name)
        if name in found or path is None or not (alone or name.split(".")[0] == top):
            continue
        found[name] = path
        waiting += _imports(path, name)
    return _digest(sorted(found.items()))


def _digest(files: list[tuple[str, Path]]) -> str:
    total = hashlib.sha256()
    for name, path in files:
        total.update(name.encode() + b"\0" + _code(path) + b"\0")
    return total.hexdigest()


def _path(root: Path, name: str) -> Path | None:
    base = root.joinpath(*name.split("."))
    choices = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in choices if path.is_file()), None)


def _imports(path: Path, name: str) -> Iterator[str]:
    """Names that a file may import: modules, and what may be one, with the packages of each."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for one in names:
            parts = one.strip(".").split(".")
            yield from (".".join(parts[: n + 1]) for n in range(len(parts)))


def _base(node: ast.ImportFrom, package: str) -> str:
    """The module that a `from ... import` names."""
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join(filter(None, [*above, node.module or ""]))


def _code(path: Path) -> bytes:
    """A file without comments and idle blanks; as it is if it is no Python."""
    try:
        with tokenize.open(path) as file:  # in the encoding that it declares
            return _without_comments(file.read()).encode()
    except (SyntaxError, ValueError, tokenize.TokenError):
        return path.read_bytes()


def _without_comments(text: str) -> str:
    """A source without comments, blank lines and blanks at the ends of lines.

    Within texts of several lines, all of them count.
    """
    lines = text.split("\n")  # no other character ends a line of Python
    inside: set[int] = set()
    rest = iter([f"{line}\n" for line in lines])
    for token in tokenize.generate_tokens(lambda: next(rest, "")):
        row, column = token.start
        if token.type == tokenize.COMMENT:
            lines[row - 1] = lines[row - 1][:column]
        inside.update(range(row, token.end[0]))  # rows whose ends are part of a text
    kept = (line if row in inside else line.rstrip() for row, line in enumerate(lines, start=1))
    return "\n".join(line for row, line in enumerate(kept, start=1) if line or row in inside)
