"""Reads data that a Python file states, without running it.

Understood are constants, tuples, lists, dictionaries, names that were assigned before, `dict(...)`,
and functions of the file that do nothing but return such an expression of their arguments.
"""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Mapping
from contextlib import suppress
from typing import Any


class NotPlain(ValueError):
    """An expression says more than data."""


def stated_in(text: str | bytes, known: Mapping[str, Any]) -> dict[str, Any]:
    """What names are assigned at a file's top level; those that aren't plain data are left out.

    Args:
        text: of the file.
        known: names that it may use besides its own.
    """
    functions: dict[str, ast.FunctionDef] = {}
    stated: dict[str, Any] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name):
            with suppress(NotPlain):
                names = ChainMap(stated, dict(known))
                stated[target.id] = _Reader(names, functions).value(node.value)
    return stated


class _Reader:
    def __init__(self, names: Mapping[str, Any], functions: Mapping[str, ast.FunctionDef]) -> None:
        self._names = names
        self._functions = functions

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name) if name in self._names:
                return self._names[name]
            case ast.Tuple(elts=parts):
                return tuple(map(self.value, parts))
            case ast.List(elts=parts):
                return list(map(self.value, parts))
            case ast.Dict(keys=keys, values=values):
                return self._merged(zip(keys, values, strict=True))
            case ast.Call(func=ast.Name(id=name), args=[], keywords=given):
                pairs = ((one.arg and ast.Constant(one.arg), one.value) for one in given)
                told = self._merged(pairs)
                return told if name == "dict" else self._returned(name, told)
        raise NotPlain(ast.unparse(node))

    def _merged(self, pairs: Any) -> dict[Any, Any]:
        """A dictionary of keys and values; without a key, the value is another one to take in."""
        merged: dict[Any, Any] = {}
        for key, node in pairs:
            value = self.value(node)
            merged.update(value if key is None else {self.value(key): value})
        return merged

    def _returned(self, name: str, given: dict[str, Any]) -> Any:
        """What one of the file's functions returns for arguments given by name."""
        function = self._functions.get(name)
        match function:
            case ast.FunctionDef(body=[ast.Return(value=ast.expr() as made)], args=arguments):
                names = [one.arg for one in arguments.args]
                first = len(names) - len(arguments.defaults)
                own = dict(zip(names[first:], map(self.value, arguments.defaults), strict=True))
                own |= {one: given[one] for one in names if one in given}
                if arguments.kwarg is not None:
                    rest = {one: value for one, value in given.items() if one not in names}
                    own[arguments.kwarg.arg] = rest
                return _Reader(ChainMap(own, dict(self._names)), self._functions).value(made)
        raise NotPlain(name)
