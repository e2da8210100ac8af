"""One colour a method, the same in every figure, told apart by colour-blind readers too."""

from __future__ import annotations

from collections.abc import Iterable

# Okabe and Ito's palette, without its yellow, which is too light for lines on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_FIXED = {
    "zero_shot": "#555555",
    "zip": "#0072B2",
    "bar": "#D55E00",
    "blackvip": "#009E73",
    "blackvip_se": "#009E73",
    "bptvlm": "#CC79A7",
}


def method_colours(labels: Iterable[str]) -> dict[str, str]:
    """A colour for each label; well-known methods always have the same one."""
    names = sorted(set(labels))
    colours = {name: _FIXED[name] for name in names if name in _FIXED}
    free = [colour for colour in _COLOURS if colour not in colours.values()]
    others = [name for name in names if name not in colours]
    for place, name in enumerate(others):
        colours[name] = (free or list(_COLOURS))[place % len(free or _COLOURS)]
    return colours
