"""Packing again mends what is damaged, takes what was repaired, and leaves the rest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from benchmarks.datasets.interface import SPLITS, Dataset, DatasetError
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.packed.finish import finish
from benchmarks.datasets.packed.layout import Facts, FileFacts, read_facts
from benchmarks.datasets.packed.location import Location, open_location
from benchmarks.datasets.packed.write import pack
from benchmarks.datasets.registry import open_dataset
from tests.benchmarks.datasets.test_packed import noisy_tree
from tests.benchmarks.datasets.trees import SPLIT
from tests.s3_server import S3Server, s3_server


def nothing(_: object) -> None:
    return None


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as running:
        yield running


@pytest.fixture
def dtd(tmp_path: Path) -> Dataset:
    return noisy_tree(tmp_path)


@pytest.fixture(params=["folder", "s3"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "folder":
        return open_location(tmp_path / "packs").child("dtd")
    running: S3Server = request.getfixturevalue("server")
    return open_location(running.bucket()).child("dtd")


def contents(location: Location) -> dict[str, bytes | None]:
    """All files of a pack."""
    names = [*location.sizes(), *(f"shards/{name}" for name in location.child("shards").sizes())]
    return {name: location.child(name).read() for name in names}


def overwrite(location: Location, data: bytes) -> None:
    with location.filesystem.open_output_stream(location.path) as stream:
        stream.write(data)


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :]


DAMAGE: dict[str, Callable[[Location], None]] = {
    "deleted": lambda file: file.delete(),
    "empty": lambda file: overwrite(file, b""),
    "truncated": lambda file: overwrite(file, (file.read() or b"")[:-40]),
    "flipped": lambda file: overwrite(file, flipped(file.read() or b"")),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("which", ["shard", "list", "facts"])
def test_packing_again_mends_any_file(
    which: str, damage: str, location: Location, dtd: Dataset
) -> None:
    facts = pack(dtd, location)
    whole = contents(location)
    name = {"shard": facts.shards[0], "list": facts.items, "facts": "dataset.json"}[which]
    DAMAGE[damage](location.child(name))
    assert pack(dtd, location) == facts
    assert contents(location) == whole


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("which", ["shard", "list", "facts"])
def test_no_damage_is_read_as_if_it_were_none(
    which: str, damage: str, tmp_path: Path, dtd: Dataset
) -> None:
    location = open_location(tmp_path / "packs").child("dtd")
    facts = pack(dtd, location)
    name = {"shard": facts.shards[0], "list": facts.items, "facts": "dataset.json"}[which]
    DAMAGE[damage](location.child(name))
    packed = open_dataset("dtd", tmp_path / "packs")
    with pytest.raises(DatasetError, match=r"[Pp]ack it again|is an unfinished pack"):
        [packed.encoded(item) for split in SPLITS for item in packed.items(split)]


@pytest.mark.parametrize("damage", ["deleted", "empty", "truncated"])
def test_a_shard_of_another_size_is_named_before_any_is_read(
    damage: str, location: Location, dtd: Dataset
) -> None:
    facts = pack(dtd, location)
    DAMAGE[damage](location.child(facts.shards[1]))
    root = location.uri.replace("/dtd", "")
    with pytest.raises(DatasetError) as error:
        open_dataset("dtd", root).items("train")
    assert f"the pack {location.uri} is damaged: {facts.shards[1]} " in str(error.value)
    assert f"`querycurve datasets pack dtd --to {root}" in str(error.value).replace("'", "")


def test_a_pack_as_it_should_be_is_left_alone_and_said_to_be_there(
    location: Location, dtd: Dataset
) -> None:
    said: list[str] = []
    facts = pack(dtd, location, say=said.append)
    assert pack(dtd, location, say=said.append) == facts
    assert said == ["packed", "already packed, and every file is as it was packed"]


def test_a_repaired_image_of_equal_size_is_taken_and_other_shards_stay(
    tmp_path: Path, dtd: Dataset
) -> None:
    location, said = open_location(tmp_path / "packs").child("dtd"), list[str]()
    file = dtd.folder / "images" / SPLIT["test"][0][0]
    good = file.read_bytes()
    file.write_bytes(flipped(good))
    before = pack(dtd, location)
    kept = Path(location.path) / before.shards[0]
    stamp = kept.stat().st_mtime_ns
    file.write_bytes(good)
    after = pack(open_dataset("dtd", tmp_path), location, say=said.append)
    assert "missing, damaged or of other images" in said[0]
    assert after.shards[:2] == before.shards[:2]
    assert after.shards[2] != before.shards[2]
    assert kept.stat().st_mtime_ns == stamp
    packed = open_dataset("dtd", tmp_path / "packs")
    assert packed.encoded(packed.items("test")[0]) == good
    assert sorted(contents(location)) == sorted(["dataset.json", after.items, *after.shards])


def birds(folder: Path, owls: int = 6) -> Dataset:
    for name, count in (("owl", owls), ("goose", 6)):
        for number in range(count):
            path = folder / name / f"{number}.bmp"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8), (number, count, 0)).save(path)
    return OwnDataset(name="birds", path=str(folder)).open()


def test_other_images_replace_a_pack_only_when_told_to(tmp_path: Path) -> None:
    location = open_location(tmp_path / "packs").child("birds")
    assert pack(birds(tmp_path / "birds"), location).images["train"] == 8
    more = birds(tmp_path / "birds", owls=9)
    with pytest.raises(DatasetError, match=r"another version of birds: its 'owl/.*--replace"):
        pack(more, location)
    after = pack(more, location, replace=True)
    assert sum(after.images.values()) == 15
    assert read_facts(location) == after
    (tmp_path / "birds" / "owl" / "0.bmp").unlink()
    with pytest.raises(DatasetError, match=r"its 'owl/0\.bmp' was another image"):
        pack(OwnDataset(name="birds", path=str(tmp_path / "birds")).open(), location)


@pytest.mark.parametrize("broken", [b"", b"<html>404</html>", b"truncated"])
@pytest.mark.parametrize("repair", ["replaced", "deleted"])
def test_own_images_that_could_not_be_read_may_be_repaired(
    repair: str, broken: bytes, tmp_path: Path
) -> None:
    location = open_location(tmp_path / "packs").child("birds")
    birds(tmp_path / "birds")
    file = tmp_path / "birds" / "owl" / "1.bmp"
    good = file.read_bytes()
    file.write_bytes(good[:-60] if broken == b"truncated" else broken)
    pack(OwnDataset(name="birds", path=str(tmp_path / "birds")).open(), location)
    if repair == "replaced":
        file.write_bytes(good)
    else:
        file.unlink()
    source = OwnDataset(name="birds", path=str(tmp_path / "birds")).open()
    facts = pack(source, location)
    assert sum(facts.images.values()) == (12 if repair == "replaced" else 11)
    packed = OwnDataset(name="birds", path=location.uri).open()
    for split in SPLITS:
        assert [packed.open(i).tobytes() for i in packed.items(split)] == [
            source.open(i).tobytes() for i in source.items(split)
        ]


def test_another_dataset_is_never_replaced(tmp_path: Path, dtd: Dataset) -> None:
    location = open_location(tmp_path / "packs").child("dtd")
    pack(dtd, location)
    with pytest.raises(DatasetError, match="is a pack of dtd, not of birds"):
        pack(birds(tmp_path / "birds"), location)


def as_format_two(location: Location, facts: Facts) -> None:
    """Makes a pack one as they were before files had checksums."""
    names = {name: f"shards/{Path(name).name[:-25]}.parquet" for name in facts.shards}
    for name, plain in {**names, facts.items: "items.parquet"}.items():
        overwrite(location.child(plain), location.child(name).read() or b"")
        location.child(name).delete()
    document = json.loads(facts.model_dump_json(exclude={"items", "files", "checksum"}))
    document |= {"format": 2, "shards": list(names.values())}
    overwrite(location.child("dataset.json"), json.dumps(document).encode())


def test_a_pack_of_format_two_is_read_and_becomes_one_of_today(
    tmp_path: Path, dtd: Dataset
) -> None:
    location = open_location(tmp_path / "packs").child("dtd")
    facts = pack(dtd, location)
    as_format_two(location, facts)
    old = open_dataset("dtd", tmp_path / "packs")
    assert (Path(location.path) / "shards" / "test-00000.parquet").is_file()
    for split in SPLITS:
        assert [old.encoded(i) for i in old.items(split)] == [
            dtd.encoded(i) for i in dtd.items(split)
        ]
        assert old.fingerprints(old.items(split)) == dtd.fingerprints(dtd.items(split))
    said: list[str] = []
    assert pack(dtd, location, say=said.append) == facts
    assert said == ["was packed in an earlier format, and is packed anew"]
    assert sorted(contents(location)) == sorted(["dataset.json", facts.items, *facts.shards])


def test_an_empty_shard_is_named_also_where_sizes_are_not_known(
    tmp_path: Path, dtd: Dataset
) -> None:
    location = open_location(tmp_path / "packs").child("dtd")
    as_format_two(location, pack(dtd, location))
    overwrite(location.child("shards/test-00000.parquet"), b"")
    with pytest.raises(DatasetError, match=r"test-00000\.parquet is empty\. Pack it again"):
        open_dataset("dtd", tmp_path / "packs").items("train")


SCRIPT = """
import sys, time
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.write import pack
def tell(_):
    print("at work", flush=True)
    time.sleep(600)
pack(OwnDataset(name="birds", path=sys.argv[1]).open(), open_location(sys.argv[2]), tell)
"""


def test_a_packer_at_work_is_left_alone_and_one_that_was_killed_is_cleared_away(
    tmp_path: Path,
) -> None:
    dataset, place = birds(tmp_path / "birds"), tmp_path / "packs" / "birds"
    words = [sys.executable, "-c", SCRIPT, str(tmp_path / "birds"), str(place)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as packer:
        assert packer.stdout is not None
        packer.stdout.readline()
        facts = pack(dataset, open_location(place))
        whole = {place / name for name in ("dataset.json", facts.items, *facts.shards)}
        found = {path for path in place.rglob("*") if path.is_file()}
        assert whole < found, "the other's draft is there"
        os.kill(packer.pid, signal.SIGKILL)
    pack(dataset, open_location(place))
    assert {path for path in place.rglob("*") if path.is_file()} == whole


def test_of_two_packers_of_the_same_images_both_are_done(location: Location, dtd: Dataset) -> None:
    found: list[Facts] = []

    def other(_: int) -> None:
        if not found:
            found.append(pack(dtd, location))

    assert pack(dtd, location, other) == found[0]
    assert not any("missing" in name for name in contents(location))


def test_of_two_packers_of_other_images_one_is_told_and_the_pack_is_the_others(
    tmp_path: Path,
) -> None:
    place = open_location(tmp_path / "packs").child("birds")
    first, second = birds(tmp_path / "first"), birds(tmp_path / "second", owls=7)
    found: list[Facts] = []

    def other(_: int) -> None:
        if not found:
            found.append(pack(second, place))

    with pytest.raises(DatasetError, match="another process has packed other images"):
        pack(first, place, other)
    packed = OwnDataset(name="birds", path=place.uri).open()
    for split in SPLITS:
        assert [packed.encoded(i) for i in packed.items(split)] == [
            second.encoded(i) for i in second.items(split)
        ]


def test_facts_of_files_that_are_gone_are_never_written(tmp_path: Path, dtd: Dataset) -> None:
    place = open_location(tmp_path / "packs").child("dtd")
    facts = pack(dtd, place)
    place.child("dataset.json").delete()
    place.child(facts.shards[0]).delete()
    with pytest.raises(DatasetError, match="is missing; another process writes there"):
        finish(place, facts, None)
    assert read_facts(place) is None


def test_files_that_are_no_images_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    birds(tmp_path / "birds")
    (tmp_path / "birds" / "goose" / "0.bmp").write_bytes(b"")
    (tmp_path / "birds" / "owl" / "0.bmp").write_bytes(b"\n<!DOCTYPE html><html>404</html>")
    said: list[str] = []
    dataset = OwnDataset(name="birds", path=str(tmp_path / "birds")).open()
    pack(dataset, open_location(tmp_path / "packs"), say=said.append)
    assert "2 files are no image, of 12; the first is 'goose/0.bmp' (it is empty)" in said[1]
    (tmp_path / "birds" / "goose" / "0.bmp").unlink()
    dataset = OwnDataset(name="birds", path=str(tmp_path / "birds")).open()
    pack(dataset, open_location(tmp_path / "packs"), say=said.append)
    assert "1 file is no image, of 11; the first is 'owl/0.bmp' (it is a web page" in said[3]


def test_a_destination_that_is_a_file_is_refused_in_a_sentence(
    tmp_path: Path, dtd: Dataset
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match=r"can't reach .*file/dtd.*: Not a directory\. Check"):
        pack(dtd, open_location(tmp_path / "file").child("dtd"))


def test_size_and_digest_are_those_of_the_file(tmp_path: Path, dtd: Dataset) -> None:
    location = open_location(tmp_path / "packs").child("dtd")
    facts = pack(dtd, location)
    for name, known in facts.files.items():
        file = location.child(name)
        assert known == FileFacts(size=len(file.read() or b""), sha256=file.sha256())
        assert name.endswith(f"-{known.sha256[:16]}.parquet")
        assert pq.read_metadata(file.path).num_rows > 0
