"""One look per method, the same in every figure, which colour-blind readers can tell apart too.

Colours follow Okabe and Ito; those that vanish on white or on black are darker or lighter here, so
that one colour serves a light page, a dark one and paper. Line patterns say the same again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B8860B", "#3A9BD9", "#8E5EC7")


@dataclass(frozen=True)
class Look:
    """How a method is drawn.

    Attributes:
        colour: as `#RRGGBB`.
        dash: pattern of its lines, one of `DASHES`.
    """

    colour: str
    dash: str


NEUTRAL = Look("#777777", "dot")
"""How anything is drawn that is not a method, such as a target."""

FAINT = Look("#777777", "solid")
"""How lines are drawn that others are seen against."""

FAINTNESS = 0.4
"""Opacity of such lines."""

_FIXED: Mapping[str, Look] = {
    "zero_shot": Look("#777777", "longdash"),
    "zip": Look("#0072B2", "solid"),
    "bar": Look("#D55E00", "dash"),
    "blackvip": Look("#009E73", "dot"),
    "blackvip_se": Look("#009E73", "longdashdot"),
    "bptvlm": Look("#CC79A7", "dashdot"),
}


def looks_of(labels: Iterable[str]) -> dict[str, Look]:
    """A look for each label; well-known methods always have the same one.

    A variant such as `bar@zip-port` has its method's colour, with another pattern where both are
    there.
    """
    names = sorted(set(labels))
    looks = {name: _FIXED[name] for name in names if name in _FIXED}
    for name in names:
        base = _FIXED.get(name.split("@")[0])
        if name not in looks and base is not None:
            looks[name] = Look(base.colour, _free_dash(base, looks.values()))
    others = [name for name in names if name not in looks]
    looks.update(zip(others, _free_looks(looks.values()), strict=False))
    return looks | {name: NEUTRAL for name in others if name not in looks}


def looks_apart(groups: Sequence[Sequence[str]]) -> dict[str, Look]:
    """Looks for more labels than there are colours.

    The first labels of all groups differ in colour, and so do those of a group, as long as there
    are colours; all differ in colour or pattern, as long as there are looks.

    Args:
        groups: labels that are drawn together, the most important first. A label may be in
            several groups.
    """
    looks: dict[str, Look] = {}
    firsts = [group[0] for group in groups if group]
    for group in (firsts, *groups):
        for label in group:
            if label not in looks:
                beside = [looks[one] for one in group if one in looks]
                looks[label] = _rarest_look(label, beside, looks)
    return looks


def _rarest_look(label: str, beside: Sequence[Look], looks: Mapping[str, Look]) -> Look:
    """A free look, in the colour that is rarest among those beside; a well-known one's if free."""
    colours = Counter(look.colour for look in beside)
    known, taken = _FIXED.get(label), set(looks.values())
    if known is not None and known not in taken and not colours[known.colour]:
        return known
    free = [Look(colour, dash) for dash in DASHES for colour in _COLOURS]
    free = [look for look in free if look not in taken]
    return min(free, key=lambda look: colours[look.colour], default=NEUTRAL)


def _free_looks(taken: Iterable[Look]) -> list[Look]:
    """Looks that are left, those in a colour of their own first."""
    used = set(taken)
    colours = {look.colour for look in used}
    own = [colour for colour in _COLOURS if colour not in colours]
    every = [Look(colour, dash) for dash in DASHES for colour in (*own, *_COLOURS)]
    own_first = sorted(dict.fromkeys(every), key=lambda look: look.colour not in own)
    return [look for look in own_first if look not in used]


def _free_dash(base: Look, looks: Iterable[Look]) -> str:
    taken = {look.dash for look in looks if look.colour == base.colour}
    return next((dash for dash in (base.dash, *DASHES) if dash not in taken), base.dash)
