"""Whatever the files of a named dataset hold, they are read, or refused in one short line."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.datasets.registry import open_dataset
from tests.benchmarks.datasets.own.read import refusal_of
from tests.benchmarks.datasets.trees import SPLIT, aircraft_tree, coop_tree, imagenet_tree
from tests.benchmarks.datasets.zoo.test_fallback_splits import TREES

few = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 3), st.integers(), st.floats(), st.text(max_size=5)
)
ROW = st.tuples(
    st.one_of(st.sampled_from(["a/1.jpg", "a\\1.jpg", "../x.jpg", "/x", "\x00"]), ATOMS),
    st.one_of(st.sampled_from([0, 1, "1", "\u00b2", -1, 10**30]), ATOMS),
    st.one_of(st.sampled_from(["alpha one", "beta", "\ud800"]), ATOMS),
)
DOCUMENTS = st.one_of(
    st.recursive(
        ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner)
    ),
    st.fixed_dictionaries({split: st.lists(ROW, max_size=3) for split in SPLIT}),
)


@few
@given(DOCUMENTS)
def test_any_document_as_a_split_file(document: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        refusal_of(coop_tree(Path(folder), "dtd", document))


@few
@given(st.binary(max_size=80))
def test_any_bytes_as_a_split_file(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dataset = coop_tree(Path(folder), "dtd")
        (dataset.folder / "split_zhou_DescribableTextures.json").write_bytes(data)
        assert refusal_of(dataset)


LISTS = {
    "oxford_pets": "oxford_pets/annotations/test.txt",
    "oxford_flowers": "oxford_flowers/setid.mat",
    "food101": "food-101/meta/classes.txt",
    "sun397": "sun397/Training_01.txt",
    "dtd": "dtd/labels/val1.txt",
    "ucf101": "ucf101/ucfTrainTestlist/classInd.txt",
    "stanford_cars": "stanford_cars/devkit/cars_train_annos.mat",
    "clevr": "CLEVR_v1.0/scenes/CLEVR_val_scenes.json",
}
OTHERS = {
    "fgvc_aircraft": "fgvc_aircraft/images_variant_test.txt",
    "imagenet": "imagenet/classnames.txt",
}
LINES = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            ["a/b.jpg", "a", "0 x", "\u00b2 x", "-1 YoYo", "n01 ", "Abyssinian_1 0 1 1"]
        ),
    ),
    max_size=4,
).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass"))


@few
@pytest.mark.parametrize("name", [*LISTS, *OTHERS])
@given(st.one_of(st.binary(max_size=60), LINES))
def test_any_bytes_as_a_list(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if name in LISTS:
            TREES[name][0](root)
        elif name == "imagenet":
            imagenet_tree(root)
        else:
            aircraft_tree(root)
        (root / {**LISTS, **OTHERS}[name]).write_bytes(data)
        refusal_of(open_dataset(name, root))


@few
@given(st.data())
def test_a_matlab_file_with_any_byte_changed(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        TREES["oxford_flowers"][0](root)
        file = root / "oxford_flowers" / "imagelabels.mat"
        content = bytearray(file.read_bytes())
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=3)):
            content[place] = data.draw(st.integers(0, 255))
        file.write_bytes(content[: data.draw(st.integers(0, len(content)))])
        refusal_of(open_dataset("oxford_flowers", root))


@few
@given(st.recursive(ATOMS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_scenes(scene: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        TREES["clevr"][0](root)
        for document in ({"scenes": scene}, {"scenes": [scene]}):
            (root / LISTS["clevr"]).write_text(json.dumps(document))
            refusal_of(open_dataset("clevr", root))
