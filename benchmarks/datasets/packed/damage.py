"""What a pack's files are held against: that they are there, whole, and as they were packed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from benchmarks.datasets.packed.layout import SHARDS, Facts, FileFacts
from benchmarks.datasets.packed.location import Location, Unreachable


def lacking(location: Location, facts: Facts) -> str:
    """The first file of a pack that is missing or of another size, and how so; "" without one.

    Lists folders, and opens no file. Of format 2, sizes aren't known.

    Raises:
        Unreachable: the location can't be listed.
    """
    found = location.sizes()
    found |= {f"{SHARDS}/{name}": size for name, size in location.child(SHARDS).sizes().items()}
    for name in (facts.items, *facts.shards):
        if name not in found:
            return f"{name} is missing"
        if not found[name]:
            return f"{name} is empty"
        if name in facts.files and found[name] != facts.files[name].size:
            expected = facts.files[name].size
            return f"{name} has {found[name]:,} bytes, not the {expected:,} that were packed"
    return ""


def is_whole(location: Location, files: Mapping[str, FileFacts], name: str) -> bool:
    """Whether a file is there, with the bytes that it should have; reads them all."""
    try:
        return location.child(name).sha256() == files[name].sha256
    except Unreachable:
        return False


def damaged(location: Location, facts: Facts, what: str) -> Unreachable:
    """The error that says what is damaged, and how to mend it."""
    return Unreachable(f"the pack {location.uri} is damaged: {what}. {mending(location, facts)}")


def mending(location: Location, facts: Facts) -> str:
    """The command that packs a dataset again in its place."""
    to = shlex.quote(location.parent_uri)
    spec = " --spec SPEC" if facts.identified_by == "sha256" else ""
    return (
        f"Pack it again, from the images that it was packed from: "
        f"`querycurve datasets pack {facts.name} --to {to}{spec}`."
    )
