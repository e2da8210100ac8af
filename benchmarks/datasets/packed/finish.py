"""The last steps of packing: facts are written once all files are there; what is left over goes."""

from __future__ import annotations

from contextlib import suppress

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.packed.damage import damaged, lacking
from benchmarks.datasets.packed.draft import alone_in, delete_abandoned, draft
from benchmarks.datasets.packed.layout import FACTS, ITEMS, SHARDS, Facts, OutdatedPack, read_facts
from benchmarks.datasets.packed.location import Location, Unreachable


def finished_pack(location: Location) -> Facts | None:
    """Facts of a pack that is finished; None if there is none, or one that is to be written anew.

    Raises:
        DatasetError: it is of a later format.
        Unreachable: the location can't be read.
    """
    try:
        return read_facts(location)
    except OutdatedPack:
        return None


def finish(location: Location, facts: Facts, before: Facts | None) -> Facts:
    """Writes a pack's facts, whose presence marks it as finished; returns those that count.

    Another process may have finished the same pack in the meantime: then its facts stay.

    Args:
        location: of the pack, whose other files have been written.
        facts: what they are.
        before: the facts that were there when packing began.

    Raises:
        DatasetError: another process has packed other images there.
        Unreachable: the location can't be written.
    """
    with draft(location) as file:
        file.stream.write(facts.model_dump_json(indent=1).encode())
        with alone_in(location):
            now = finished_pack(location)
            if now is None or now == before:
                _check_there(location, facts)
                if now != facts:
                    file.keep(FACTS)
                now = facts
            _sweep(location, now)
    if not _of_the_same(now, facts):
        raise DatasetError(
            f"another process has packed other images to {location.uri} meanwhile, which stay. "
            f"Pack again to replace them, or to another location."
        )
    return now


def _of_the_same(one: Facts, other: Facts) -> bool:
    return (one.digest, one.full_digest) == (other.digest, other.full_digest)


def _check_there(location: Location, facts: Facts) -> None:
    lacks = lacking(location, facts)
    if lacks:
        raise damaged(location, facts, f"{lacks}; another process writes there, or did just now")


def _sweep(location: Location, facts: Facts) -> None:
    """Deletes what packers that were killed left, and files of the pack that was there before."""
    with suppress(Unreachable):  # it takes space, but does no harm
        shards = location.child(SHARDS)
        for folder, names in ((location, _lists(location)), (shards, shards.sizes())):
            delete_abandoned(folder)
            for name in names:
                whole = name if folder is location else f"{SHARDS}/{name}"
                if name.endswith(".parquet") and whole not in (facts.items, *facts.shards):
                    folder.child(name).delete()


def _lists(location: Location) -> list[str]:
    """Lists of images in a pack's folder, where a user may keep other files."""
    stem = ITEMS.partition(".")[0]
    return [name for name in location.sizes() if name == ITEMS or name.startswith(f"{stem}-")]
