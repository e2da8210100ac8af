"""Which class a service means by a name that it returns."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.errors import UserError
from orchestrator.oracle.remote.adapters.options import option_lines
from orchestrator.oracle.remote.adapters.yaml_form import By

_AROUND = " \t\r\n.,:;()[]*\"'`"
"""What may stand around a name."""


class Names:
    """Finds classes by name.

    Args:
        by: what names are; not `position`.
        classes: the C class names.
        texts: what is asked about each class.
        marks: of the options.

    Raises:
        UserError: two classes have the same name.
    """

    def __init__(
        self, by: By, classes: Sequence[str], texts: Sequence[str], marks: Sequence[str]
    ) -> None:
        self._by, self._count = by, len(classes)
        self._known: Mapping[str, int] = {}
        if by != "index":
            own = {"text": texts, "class": classes, "mark": marks}[by]
            self._known = _numbered(own, by, fold=by != "mark")
        if by == "mark":
            whole = _numbered(option_lines(marks, texts), by, fold=False)
            self._known = {**whole, **self._known}

    def find(self, name: Any) -> int | None:
        """The number of a class, from 0; None if no class has this name."""
        if self._by == "index":
            plain = isinstance(name, int) and not isinstance(name, bool)
            return name if plain and 0 <= name < self._count else None
        if isinstance(name, bool) or not isinstance(name, str | int):
            return None
        return self._known.get(_plain(str(name), fold=self._by != "mark"))


def _numbered(names: Sequence[str], by: By, *, fold: bool) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, name in enumerate(names):
        plain = _plain(name, fold=fold)
        if plain in found:
            raise UserError(
                f"an adapter that knows classes by {by} can't tell {names[found[plain]]!r} from "
                f"{name!r}. Let it go by position, index or mark, or rename a class."
            )
        found[plain] = index
    return found


def _plain(name: str, *, fold: bool) -> str:
    """A name without what services add around it; in lower case if `fold`."""
    plain = " ".join(name.split()).strip(_AROUND)
    return plain.casefold() if fold else plain
