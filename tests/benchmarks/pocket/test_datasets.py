"""The pocket's datasets: promised counts, disjoint splits, readable images, clear errors."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.datasets.interface import (
    SPLITS,
    Dataset,
    DatasetError,
    ImageUnreadable,
    Item,
    Split,
)
from benchmarks.datasets.registry import dataset_names, open_dataset
from benchmarks.pocket.build.clip import load_clip
from benchmarks.pocket.build.make_datasets import as_png
from benchmarks.pocket.build.renderings import RENDERINGS
from benchmarks.pocket.build.text import room_for_prefix
from benchmarks.pocket.datasets import PocketDots
from benchmarks.pocket.parquet_dataset import ParquetDataset

NAMES = tuple(name for name in dataset_names() if name.startswith("pocket_"))
CONTEXT_TOKENS = 8


@pytest.fixture(params=NAMES)
def dataset(request: pytest.FixtureRequest) -> Dataset:
    return open_dataset(request.param, Path("/nowhere"))


def test_every_rendering_is_a_dataset() -> None:
    assert set(NAMES) == {f"pocket_{name}" for name in RENDERINGS} | {"pocket_realdigits"}


def test_the_card_tells_the_truth(dataset: Dataset) -> None:
    assert dataset.missing() is None
    names = dataset.class_names()
    assert len(names) == len(set(names)) == dataset.card.classes
    for split in SPLITS:
        items = dataset.items(split)
        assert len(items) == dataset.card.images[split]
        assert {item.label for item in items} == set(range(dataset.card.classes))


def test_generated_splits_are_balanced(dataset: Dataset) -> None:
    if dataset.card.name == "pocket_realdigits":
        pytest.skip("the test split is what is left")
    for split in SPLITS:
        counts = np.bincount([item.label for item in dataset.items(split)])
        assert len(set(counts.tolist())) == 1


def test_images_are_small_rgb_and_no_image_is_in_two_splits(dataset: Dataset) -> None:
    seen: dict[bytes, Split] = {}
    references: set[str] = set()
    for split in SPLITS:
        for item in dataset.items(split):
            assert item.reference not in references
            references.add(item.reference)
            image = dataset.open(item)
            assert (image.mode, image.size) == ("RGB", (24, 24))
            assert seen.setdefault(image.tobytes(), split) == split


def test_order_and_revision_are_stable(dataset: Dataset) -> None:
    again = open_dataset(dataset.card.name, Path("/elsewhere"))
    assert list(dataset.items("train")) == list(again.items("train"))
    assert dataset.revision() == again.revision()
    assert len(dataset.revision()) == 64


def test_there_are_enough_templates_for_an_ensemble(dataset: Dataset) -> None:
    templates = dataset.card.templates
    assert 3 <= len(set(templates)) == len(templates) <= 7
    assert all(template.count("{}") == 1 for template in templates)


def test_names_leave_room_for_a_soft_prompt() -> None:
    clip = load_clip()
    for name in NAMES:
        dataset = open_dataset(name, Path())
        tokens = clip.tokenizer([f"{name}." for name in dataset.class_names()])
        assert room_for_prefix(clip.model, tokens) >= CONTEXT_TOKENS


def _one_image(folder: Path, data: bytes) -> Dataset:
    path = folder / "one.parquet"
    columns = {"image": [data], "label": [0], "class_name": ["one"], "split": ["test"]}
    pq.write_table(pa.table(columns), path)
    return type("OneImage", (PocketDots,), {"file": path})(Path())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_corrupt_image_is_unreadable_or_decodes(tmp_path: Path, data: st.DataObject) -> None:
    good = as_png(np.arange(24 * 24 * 3, dtype=np.uint8).reshape(24, 24, 3))
    cut = good[: data.draw(st.integers(0, len(good)))]
    place, byte = data.draw(st.integers(0, len(good))), data.draw(st.binary(max_size=3))
    dataset = _one_image(tmp_path, cut[:place] + byte + cut[place + 1 :])
    try:
        assert dataset.open(Item("0", 0)).mode == "RGB"
    except ImageUnreadable as error:
        assert "pocket_dots" in str(error)
        assert "row 0" in str(error)


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n"])
def test_rubbish_is_unreadable(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ImageUnreadable, match="row 0"):
        _one_image(tmp_path, data).open(Item("0", 0))


@pytest.mark.parametrize("reference", ["1", "row", ""])
def test_an_unknown_reference_is_unreadable(tmp_path: Path, reference: str) -> None:
    buffer = io.BytesIO()
    Image.new("L", (24, 24)).save(buffer, "PNG")
    with pytest.raises(ImageUnreadable):
        _one_image(tmp_path, buffer.getvalue()).open(Item(reference, 0))


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    class Gone(ParquetDataset):
        card = PocketDots.card
        file = tmp_path / "gone.parquet"

    dataset = Gone(tmp_path)
    assert "reinstall" in (dataset.missing() or "")
    with pytest.raises(DatasetError, match=r"gone\.parquet"):
        dataset.items("train")


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    class Damaged(ParquetDataset):
        card = PocketDots.card
        file = tmp_path / "damaged.parquet"

    Damaged.file.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DatasetError, match="damaged"):
        Damaged(tmp_path).class_names()


def test_the_data_stay_small() -> None:
    folder = PocketDots.file.parent
    sizes = [path.stat().st_size for path in folder.glob("*.parquet")]
    assert max(sizes) < 1_000_000
    assert sum(sizes) < 6_000_000
