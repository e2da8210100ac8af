"""Lets examples in docstrings be shown as code: griffe knows the section `Examples:` alone."""

import re
from typing import Any

from griffe import Extension, Object

_EXAMPLE = re.compile(r"^Example:$", re.MULTILINE)


class Examples(Extension):
    """Takes a section `Example:` for what it is."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Renames the section before the docstring is parsed."""
        if obj.docstring is not None:
            obj.docstring.value = _EXAMPLE.sub("Examples:", obj.docstring.value)
