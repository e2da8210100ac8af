"""Tells the code of a class from another's, so that no result passes for one of other code."""

import ast
import hashlib
import io
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
    what other packages do doesn't, either: raise the class's `version` for that. Empty where there
    is no source.
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
        text = _without_comments(path.read_text(encoding="utf-8"))
        total.update(f"{name}\0{text}\0".encode())
    return total.hexdigest()


def _path(root: Path, name: str) -> Path | None:
    base = root.joinpath(*name.split("."))
    choices = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in choices if path.is_file()), None)


def _imports(path: Path, name: str) -> Iterator[str]:
    """Names that a file may import: modules, and what may be one, with the packages of each."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
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


def _without_comments(text: str) -> str:
    """A source without comments, blank lines and blanks at the ends of lines."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return "\n".join(line.rstrip() for line in lines if line.strip())
