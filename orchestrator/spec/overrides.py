"""Changes to a spec from the command line: `--set budget=500`, `--set methods.1.clip=none`."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import yaml

from orchestrator.errors import UserError


def apply_overrides(document: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """A copy of a YAML document with some fields set.

    Args:
        document: the parsed spec.
        overrides: `path=value`, with a YAML value; dots in the path reach into mappings and, by
            number, into lists.

    Raises:
        UserError: an override is not `path=value`, or its path does not exist.
    """
    changed = deepcopy(dict(document))
    for override in overrides:
        path, equals, text = override.partition("=")
        if not equals or not path:
            raise UserError(f"--set {override!r}: expected field=value, such as budget=500.")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UserError(f"--set {override!r}: {text!r} is not YAML: {error}") from None
        _set(changed, path.split("."), value, override)
    return changed


def _set(node: Any, path: list[str], value: Any, override: str) -> None:
    step = _step(node, path[0], override)
    if len(path) == 1:
        node[step] = value
        return
    inner = node.get(step) if isinstance(node, dict) else node[step]
    if inner is None:
        node[step] = {}
    elif isinstance(inner, str):
        # A name, as in `backbone: pocket` or `- zip`, is short for a mapping.
        node[step] = {"model" if path[0] == "backbone" else "name": inner}
    _set(node[step], path[1:], value, override)


def _step(node: Any, part: str, override: str) -> Any:
    if isinstance(node, dict):
        return part
    if isinstance(node, list) and part.isdigit() and int(part) < len(node):
        return int(part)
    wanted = f"a number from 0 to {len(node) - 1}" if isinstance(node, list) else "no further field"
    raise UserError(f"--set {override!r}: at {part!r} expected {wanted}.")
