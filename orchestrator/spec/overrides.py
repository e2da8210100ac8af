"""Changes to a spec from the command line: `--set budget=500`, `--set methods.1.clip=none`."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from benchmarks.quoting import cut
from orchestrator.errors import UserError
from orchestrator.reading.yaml_text import NotPlainYaml, read_yaml

_SHORT = {"backbone": "model", "answers": "kind"}
"""Fields that may be a text alone, with what it is short for; elsewhere it is a name."""
_POSITION = re.compile(r"[0-9]{1,9}")


def apply_overrides(document: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """A copy of a YAML document with some fields set.

    Args:
        document: the parsed spec.
        overrides: `path=value`, with a YAML value; dots in the path reach into mappings and, by
            number, into lists. Later ones win.

    Raises:
        UserError: an override is not `path=value`, or its path does not exist.
    """
    changed = deepcopy(dict(document))
    for override in overrides:
        path, equals, text = override.partition("=")
        if not equals or not all(path.split(".")):
            raise UserError(f"{_said(override)}: expected field=value, such as budget=500.")
        try:
            value = read_yaml(text)
        except NotPlainYaml as error:
            raise UserError(f"{_said(override)}: {cut(text)!r} is not YAML: {error}.") from None
        _set(changed, path.split("."), value, override)
    return changed


def _said(override: str) -> str:
    return f"--set {cut(override)!r}"


def _set(node: Any, path: list[str], value: Any, override: str) -> None:
    for place, part in enumerate(path[:-1]):
        step = _step(node, part, override)
        inner = node.get(step) if isinstance(node, dict) else node[step]
        if inner is None:
            node[step] = {}
        elif isinstance(inner, str):
            # A name, as in `backbone: pocket` or `- zip`, is short for a mapping.
            node[step] = {_SHORT.get(path[place], "name"): inner}
        node = node[step]
    node[_step(node, path[-1], override)] = value


def _step(node: Any, part: str, override: str) -> Any:
    if isinstance(node, dict):
        return part
    if isinstance(node, list) and _POSITION.fullmatch(part) and int(part) < len(node):
        return int(part)
    wanted = "no further field"
    if isinstance(node, list):
        only = "nothing: the list is empty" if not node else "0, the list's only entry"
        wanted = only if len(node) < 2 else f"a number from 0 to {len(node) - 1}"
    raise UserError(f"{_said(override)}: at {cut(part)!r} expected {wanted}.")
