"""A packed dataset is the unpacked one: same items, same bytes, same keys."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from benchmarks.datasets.interface import Dataset, DatasetError, ImageUnreadable, Item
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.packed.byte_cache import ByteCache
from benchmarks.datasets.packed.dataset import PackedDataset
from benchmarks.datasets.packed.layout import FORMAT, READABLE
from benchmarks.datasets.packed.location import Location, Unreachable, open_location
from benchmarks.datasets.packed.write import pack
from benchmarks.datasets.registry import dataset_class, open_dataset
from benchmarks.datasets.views import DatasetView
from benchmarks.protocols import few_shot, split_digest
from tests.benchmarks.datasets.trees import SPLIT, coop_tree
from tests.s3_server import S3Server, s3_server, status

ALL = ("train", "val", "test")


def noisy_tree(root: Path, side: int = 24) -> Dataset:
    """DTD with images that differ."""
    dataset = coop_tree(root, "dtd")
    draw = np.random.default_rng(0)
    for rows in SPLIT.values():
        for path, _, _ in rows:
            pixels = draw.integers(0, 255, (side, side, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / "dtd" / "images" / path)
    return dataset


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as running:
        yield running


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "packs")
    running: S3Server = request.getfixturevalue("server")
    return running.bucket()


def test_packed_equals_unpacked(place: str, tmp_path: Path) -> None:
    unpacked = noisy_tree(tmp_path)
    told: list[int] = []
    pack(unpacked, open_location(place).child("dtd"), told.append)
    packed = open_dataset("dtd", place)
    assert isinstance(packed, PackedDataset)
    assert packed.missing() is None
    assert packed.class_names() == unpacked.class_names()
    for split in ALL:
        assert list(packed.items(split)) == list(unpacked.items(split))
        for item in packed.items(split):
            assert packed.encoded(item) == unpacked.encoded(item)
            assert packed.open(item).tobytes() == unpacked.open(item).tobytes()
    tasks = [few_shot(dataset, 1, 1, "refuse") for dataset in (packed, unpacked)]
    assert split_digest(tasks[0], ALL) == split_digest(tasks[1], ALL)
    assert sum(told) == 5


def test_many_threads_read_many_groups_and_shards(tmp_path: Path) -> None:
    unpacked = noisy_tree(tmp_path, side=700)  # about 400 kB a file
    location = open_location(tmp_path / "packs").child("dtd")
    facts = pack(unpacked, location, shard_bytes=1)
    assert len(facts.shards) >= 3
    packed = open_dataset("dtd", tmp_path / "packs")
    items = [item for split in ALL for item in packed.items(split)] * 4
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(packed.encoded, items)) == [unpacked.encoded(i) for i in items]


def test_shards_are_plain_parquet(tmp_path: Path) -> None:
    unpacked = noisy_tree(tmp_path)
    pack(unpacked, open_location(tmp_path / "packs").child("dtd"))
    (shard,) = (tmp_path / "packs" / "dtd" / "shards").glob("test-00000-*.parquet")
    table = pq.read_table(shard)
    assert table.drop_columns(["image"]).to_pylist() == [
        {"reference": "b/2.jpg", "label": 1, "class_name": "beta", "split": "test"},
        {"reference": "a/3.jpg", "label": 0, "class_name": "alpha one", "split": "test"},
    ]


def test_packing_again_changes_nothing_and_another_version_is_refused(tmp_path: Path) -> None:
    location = open_location(tmp_path / "packs").child("dtd")
    facts = pack(noisy_tree(tmp_path), location)
    shard = tmp_path / "packs" / "dtd" / facts.shards[0]
    before = shard.stat().st_mtime_ns
    assert pack(open_dataset("dtd", tmp_path), location) == facts
    assert shard.stat().st_mtime_ns == before
    other = coop_tree(tmp_path, "dtd", {**SPLIT, "val": []})
    with pytest.raises(DatasetError, match="holds another version of dtd"):
        pack(other, location)


def test_an_interrupted_pack_is_no_pack(tmp_path: Path) -> None:
    class Interrupted(RuntimeError):
        pass

    def stop(_: int) -> None:
        raise Interrupted

    unpacked = noisy_tree(tmp_path)
    location = open_location(tmp_path / "packs").child("dtd")
    with pytest.raises(Interrupted):
        pack(unpacked, location, stop)
    reason = PackedDataset(location, unpacked.card).missing()
    assert reason is not None
    assert "no packed dataset" in reason or "unfinished pack" in reason
    pack(unpacked, location)
    assert PackedDataset(location, unpacked.card).missing() is None


def test_a_missing_image_stops_packing_by_name(tmp_path: Path) -> None:
    dataset = noisy_tree(tmp_path)
    (tmp_path / "dtd" / "images" / "a" / "3.jpg").unlink()
    with pytest.raises(ImageUnreadable, match=r"'a/3\.jpg': no such file"):
        pack(dataset, open_location(tmp_path / "packs").child("dtd"))


@pytest.mark.parametrize("content", [b"{", b"{}", b"[" * 100_000])
def test_damaged_facts_are_explained(content: bytes, tmp_path: Path) -> None:
    pack(noisy_tree(tmp_path), open_location(tmp_path / "packs").child("dtd"))
    (tmp_path / "packs" / "dtd" / "dataset.json").write_bytes(content)
    reason = open_dataset("dtd", tmp_path / "packs").missing()
    assert reason is not None
    assert "damaged or of a later version" in reason


def of_format(number: int, pack: Path) -> None:
    """Makes a pack say that it has another format."""
    facts = json.loads((pack / "dataset.json").read_text())
    (pack / "dataset.json").write_text(json.dumps({**facts, "format": number}))


@pytest.mark.parametrize("number", [READABLE[0] - 1, FORMAT + 1])
def test_another_format_is_refused(number: int, tmp_path: Path) -> None:
    pack(noisy_tree(tmp_path), open_location(tmp_path / "packs").child("dtd"))
    of_format(number, tmp_path / "packs" / "dtd")
    reason = open_dataset("dtd", tmp_path / "packs").missing()
    assert reason is not None
    assert f"has format {number}, this version reads {FORMAT}: pack it again" in reason


def test_an_earlier_format_is_packed_again_in_place_and_a_later_one_is_not(tmp_path: Path) -> None:
    location, place = open_location(tmp_path / "packs").child("dtd"), tmp_path / "packs" / "dtd"
    facts = pack(noisy_tree(tmp_path), location)
    of_format(READABLE[0] - 1, place)
    assert pack(open_dataset("dtd", tmp_path), location) == facts
    assert open_dataset("dtd", tmp_path / "packs").missing() is None
    of_format(FORMAT + 1, place)
    with pytest.raises(DatasetError, match=f"has format {FORMAT + 1}"):
        pack(open_dataset("dtd", tmp_path), location)


def test_a_view_of_a_pack_that_is_missing_says_so(tmp_path: Path) -> None:
    packed = PackedDataset(open_location(tmp_path / "nothing"), dataset_class("dtd").card)
    reason = DatasetView(packed).missing()
    assert reason is not None
    assert "is no packed dataset" in reason


def test_a_damaged_shard_is_no_unreadable_image(tmp_path: Path) -> None:
    facts = pack(noisy_tree(tmp_path), open_location(tmp_path / "packs").child("dtd"))
    shard = tmp_path / "packs" / "dtd" / facts.shards[0]
    packed = open_dataset("dtd", tmp_path / "packs")
    item = packed.items("train")[0]
    shard.write_bytes(b"PAR1")
    with pytest.raises(Unreachable, match="train-00000"):
        packed.encoded(item)


def test_a_shard_with_another_image_of_equal_size_is_refused_in_every_pack(
    tmp_path: Path,
) -> None:
    """Also where all images are known by their sizes, or by the digest of one file."""
    location = open_location(tmp_path / "packs").child("pocket_dots")
    facts = pack(open_dataset("pocket_dots", ""), location)
    shard = next(location.child(name) for name in facts.shards if "test" in name)
    with shard.open() as stream:
        table = pq.read_table(stream)
    images = table.column("image").to_pylist()
    images[0] = images[0][:-1] + bytes([images[0][-1] ^ 1])
    packed = PackedDataset(location)
    item = packed.items("test")[0]
    with shard.filesystem.open_output_stream(shard.path) as stream:
        pq.write_table(table.set_column(0, "image", pa.array(images, pa.binary())), stream)
    with pytest.raises(Unreachable, match="does not hold the image"):
        packed.encoded(item)


def test_a_shard_with_another_image_in_its_place_is_refused(tmp_path: Path) -> None:
    sources = {}
    for number, name in enumerate(("one", "other")):
        for label in ("goose", "owl"):
            for index in range(6):
                path = tmp_path / name / label / f"{index}.bmp"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (8, 8), (number, index, 0)).save(path)
        sources[name] = OwnDataset(name="birds", path=str(tmp_path / name))
        pack(sources[name].open(), open_location(tmp_path / f"{name}-pack"))
    packed = OwnDataset(name="birds", path=str(tmp_path / "one-pack")).open()
    item = packed.items("test")[0]
    one, other = (
        next((tmp_path / name / "shards").glob("test-*")) for name in ("one-pack", "other-pack")
    )
    other.replace(one)
    with pytest.raises(Unreachable, match=r"does not hold the image .goose.*. that was packed"):
        packed.encoded(item)


def test_an_unknown_image_is_named(tmp_path: Path) -> None:
    pack(noisy_tree(tmp_path), open_location(tmp_path / "packs").child("dtd"))
    with pytest.raises(ImageUnreadable, match="no such image in the pack"):
        open_dataset("dtd", tmp_path / "packs").encoded(Item("z.jpg", 0))


def test_an_own_dataset_is_packed_with_its_card_and_orientation(place: str, tmp_path: Path) -> None:
    for number in range(6):
        for name in ("owl", "goose"):
            (tmp_path / "birds" / name).mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8)).save(tmp_path / "birds" / name / f"{number}.png")
    source = OwnDataset(name="birds", path=str(tmp_path / "birds"), templates=("a {}.",))
    pack(source.open(), open_location(place).child("birds"))
    uri = open_location(place).child("birds").uri
    packed = OwnDataset(name="birds", path=uri).open()
    assert packed.card.templates == ("a {}.",)
    assert packed.card.classes == 2
    assert packed.upright
    assert packed.remark() == source.open().remark()


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("gs://bucket/x", "gs:// is not supported"),
        ("s3:///x", "names no bucket"),
        ("s3://me:secret@bucket/x", "must hold no credentials"),
        ("s3://bucket/x?regoin=a", "unknown option 'regoin'.*Did you mean: region"),
    ],
)
def test_impossible_locations_are_refused(uri: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        open_location(uri)


def test_an_endpoint_of_the_environment_is_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    location = open_location("s3://bucket/x").child("dtd")
    assert location.uri == "s3://bucket/x/dtd?endpoint_override=127.0.0.1:9&scheme=http"
    assert location.path == "bucket/x/dtd"
    assert isinstance(open_location(location.uri), Location)


def test_a_missing_bucket_is_told(server: S3Server, tmp_path: Path) -> None:
    uri = server.bucket().replace("s3://", "s3://no-such-")
    with pytest.raises(Unreachable, match="can't reach s3://no-such-"):
        pack(noisy_tree(tmp_path), open_location(uri).child("dtd"))
    reason = open_dataset("dtd", uri).missing()
    assert reason is not None


def test_an_unfinished_pack_of_an_own_dataset_is_packed_with_its_spec(tmp_path: Path) -> None:
    shards = tmp_path / "packs" / "birds" / "shards"
    shards.mkdir(parents=True)
    (shards / "train-00000.parquet").touch()
    reason = OwnDataset(name="birds", path=str(shards.parent)).open().missing()
    assert reason is not None
    assert reason.endswith(
        f"`querycurve datasets pack birds --to {tmp_path / 'packs'} --spec SPEC`."
    )


LISTER = """
import sys
from benchmarks.datasets.registry import open_dataset
print(len(open_dataset("dtd", sys.argv[1]).items("train")))
"""


def test_a_process_that_read_a_list_on_s3_ends_well(server: S3Server, tmp_path: Path) -> None:
    place = server.bucket()
    pack(noisy_tree(tmp_path), open_location(place).child("dtd"))
    command = [sys.executable, "-c", LISTER, place]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4


def test_a_server_that_stumbles_is_asked_again(server: S3Server, tmp_path: Path) -> None:
    place = server.bucket()
    unpacked = noisy_tree(tmp_path)
    pack(unpacked, open_location(place).child("dtd"))
    packed = open_dataset("dtd", place)
    server.faults.extend([status("503 Slow Down"), status("500 Internal Server Error")])
    for split in ALL:
        for item in packed.items(split):
            assert packed.encoded(item) == unpacked.encoded(item)
    assert not server.faults


def test_the_cache_forgets_what_was_used_longest_ago() -> None:
    cache: ByteCache[str] = ByteCache(10)
    cache.put("a", "first", 4)
    cache.put("b", "second", 4)
    assert cache.get("a") == "first"
    cache.put("c", "third", 4)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == ("first", None, "third")
    cache.put("d", "too large", 99)
    assert (cache.get("c"), cache.get("d")) == (None, "too large")
