"""Names cut to the room there is, so that no two of them look alike."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

LEAST = 8
"""Room that a name gets anyhow: with less, nothing of it can be told."""


def short_names(names: Iterable[str], room: int, least: int = LEAST) -> dict[str, str]:
    """Each name with what is shown of it, which is at most `room` wide on a terminal.

    Long names lose their middle, because what differs mostly stands at an end. Those that would
    look alike are numbered.

    Example:
        >>> list(short_names(["zip", "zip[clip=1, rank=3]", "zip[clip=2, rank=3]"], 13).values())
        ['zip', 'zip[cl…ank=3]', 'zip[clip=1…2']
    """
    room, shown = max(room, least), dict[str, str]()
    ordered = sorted(dict.fromkeys(names), key=lambda name: cell_len(name) > room)
    taken = set[str]()
    for name in ordered:  # whole names first: none of them may change
        cut = name if cell_len(name) <= room else _without_middle(name, room)
        number = 1
        while cut in taken:
            number += 1
            cut = _numbered(name, number, room)
        taken.add(cut)
        shown[name] = cut
    return shown


def shares(widths: Sequence[int], room: int) -> list[int]:
    """How wide columns of names may be that want these widths and have to share some room.

    Narrow ones get what they want, and the others the same.

    Example:
        >>> shares([5, 80, 60], 65)
        [5, 30, 30]
    """
    given = [0] * len(widths)
    left, waiting = room, len(widths)
    for place in sorted(range(len(widths)), key=lambda index: widths[index]):
        given[place] = max(min(widths[place], left // waiting), 0)
        left, waiting = left - given[place], waiting - 1
    return given


def _without_middle(name: str, room: int) -> str:
    tail = _end(name, (room - 1) // 2)
    return f"{_start(name, room - 1 - cell_len(tail))}…{tail}"


def _numbered(name: str, number: int, room: int) -> str:
    return f"{_start(name, room - 1 - len(str(number)))}…{number}"


def _start(name: str, room: int) -> str:
    while cell_len(name) > room:
        name = name[:-1]
    return name


def _end(name: str, room: int) -> str:
    while cell_len(name) > room:
        name = name[1:]
    return name
