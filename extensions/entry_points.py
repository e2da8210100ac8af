"""Short names that installed packages give to classes of theirs, by entry points."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from extensions.modules import Broken
from extensions.reference import Unusable


@dataclass(frozen=True)
class Declared:
    """A class that an installed package offers.

    Attributes:
        name: the short name that specs use.
        reference: where the class is, as `package.module:Class`.
        package: the package's name and version, such as `mypkg 1.0`.
    """

    name: str
    reference: str
    package: str


@cache
def declared(group: str) -> Mapping[str, tuple[Declared, ...]]:
    """All that installed packages offer in a group, by short name; nothing of it is imported.

    More than one has a name where packages don't agree.
    """
    from importlib.metadata import entry_points  # noqa: PLC0415 - takes longer than the rest

    found: dict[str, set[Declared]] = {}
    for point in entry_points(group=group):
        dist = point.dist
        package = "a package" if dist is None else f"{dist.name} {dist.version}"
        one = Declared(point.name, point.value.replace(" ", ""), package)
        found.setdefault(point.name, set()).add(one)
    return {name: tuple(sorted(ones, key=str)) for name, ones in sorted(found.items())}


def only_one(offered: tuple[Declared, ...]) -> Declared:
    """What is offered under a name on which packages agree.

    Raises:
        Unusable: they don't.
    """
    first, *others = offered
    if others:
        told = " and ".join(f"{one.reference} of {one.package}" for one in offered)
        raise Unusable(f"{first.name!r} is the name of {told}: write one of these in full")
    return first


def taken_names(group: str, shipped: Container[str]) -> Iterator[Broken]:
    """What packages offer under names of this project's own, which so can't be had."""
    for name, offered in declared(group).items():
        if name in shipped:
            for one in offered:
                yield Broken(
                    f"{name} of {one.package}",
                    f"the name is this project's own, so {one.reference} is left out: rename its "
                    f"entry point",
                )
