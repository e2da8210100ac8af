"""Data are what they hold, not what they are called: other pixels are other cells."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from PIL import Image
from pydantic import ValidationError

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.write import pack
from benchmarks.datasets.registry import open_dataset
from benchmarks.datasets.sampling import few_shot_split
from benchmarks.datasets.verify import verify
from orchestrator.errors import UserError
from orchestrator.plan.identities import with_identities
from orchestrator.plan.listener import Listener
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.plan.unreadable import unreadable_among
from orchestrator.spec.load import load_spec
from orchestrator.spec.spec import Spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from tests.benchmarks.datasets.test_packed import noisy_tree
from tests.benchmarks.datasets.trees import noisy_class_folders


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(LocalStorage(tmp_path / "store"))


def spec_of(*datasets: str, **fields: str) -> Spec:
    given = [f"{name}={value}" for name, value in fields.items()]
    fixed = ("methods=[zero_shot, zip]", "shots=[2]", "seeds=[1]", "unreadable=fail")
    return load_spec("demo", (f"datasets=[{', '.join(datasets)}]", *fixed, *given))


def own(path: Path, name: str = "birds", templates: str = "") -> str:
    return f"{{name: {name}, path: {path}{templates and f', templates: [{templates}]'}}}"


def plan_of(store: Store, *datasets: str, **fields: str) -> Plan:
    return make_plan(spec_of(*datasets, **fields), store, store.storage.location)


def keys(plan: Plan) -> list[str]:
    return [cell.key for cell in plan.cells]


def finish(plan: Plan, store: Store) -> None:
    """Stores a result for every cell."""
    for cell in plan.cells:
        points = (Point(0, 0, "test_accuracy", 50.0),)
        store.save(Trace(cell.key, cell.cell.model_dump(mode="json"), "finished", points))


def features(plan: Plan) -> set[str]:
    return {cell.features for cell in plan.cells}


def test_another_version_under_the_same_names_is_new(store: Store, tmp_path: Path) -> None:
    first, second = noisy_class_folders(tmp_path / "v1", 1), noisy_class_folders(tmp_path / "v2", 2)
    plan = plan_of(store, own(first))
    finish(plan, store)
    assert plan_of(store, own(first)).counts() == {"done": 2}
    other = plan_of(store, own(second))
    assert other.counts() == {"new": 2}
    assert not features(plan) & features(other)


def test_an_edit_in_place_is_new_and_its_undoing_is_done(store: Store, tmp_path: Path) -> None:
    folder = noisy_class_folders(tmp_path / "birds", 1)
    finish(plan_of(store, own(folder)), store)
    noisy_class_folders(folder, 2)
    assert plan_of(store, own(folder)).counts() == {"new": 2}
    noisy_class_folders(folder, 1)
    assert plan_of(store, own(folder)).counts() == {"done": 2}


def test_a_copy_elsewhere_is_the_same_data(store: Store, tmp_path: Path) -> None:
    copies = [noisy_class_folders(tmp_path / name, 1) for name in ("a", "b")]
    assert keys(plan_of(store, own(copies[0]))) == keys(plan_of(store, own(copies[1])))


def test_images_that_no_cell_uses_may_change(store: Store, tmp_path: Path) -> None:
    folder = noisy_class_folders(tmp_path / "birds")
    before = plan_of(store, own(folder))
    dataset = OwnDataset(name="birds", path=str(folder)).open()
    drawn = few_shot_split(dataset, shots=2, seed=1).train
    unused = [item for item in dataset.items("train") if item not in drawn]
    Image.new("RGB", (8, 8)).save(folder / unused[0].reference)
    assert keys(plan_of(store, own(folder))) == keys(before)
    Image.new("RGB", (8, 8)).save(folder / drawn[0].reference)
    assert keys(plan_of(store, own(folder))) != keys(before)


def test_other_templates_are_another_experiment(store: Store, tmp_path: Path) -> None:
    folder = noisy_class_folders(tmp_path / "birds")
    one, other = (plan_of(store, own(folder, templates=text)) for text in ('"a {}."', '"the {}."'))
    assert not set(keys(one)) & set(keys(other))
    assert features(one) == features(other)


def test_two_packs_made_under_one_name_stay_two(store: Store, tmp_path: Path) -> None:
    packs = []
    for version in (1, 2):
        source = OwnDataset(
            name="birds", path=str(noisy_class_folders(tmp_path / f"v{version}", version))
        )
        packs.append(tmp_path / f"packs{version}" / "birds")
        pack(source.open(), open_location(packs[-1]))
    plan = plan_of(store, own(packs[0], "one"), own(packs[1], "two"))
    assert len(set(keys(plan))) == 4
    assert [cell.cell.dataset for cell in plan.cells] == ["one", "one", "two", "two"]
    same_name = [keys(plan_of(store, own(place))) for place in packs]
    assert not set(same_name[0]) & set(same_name[1])


def test_a_pack_under_another_name_is_what_the_spec_calls_it(store: Store, tmp_path: Path) -> None:
    folder = noisy_class_folders(tmp_path / "birds")
    pack(OwnDataset(name="fowl", path=str(folder)).open(), open_location(tmp_path / "pack"))
    unpacked, packed = (plan_of(store, own(path)) for path in (folder, tmp_path / "pack"))
    assert keys(packed) == keys(unpacked)
    assert packed.notes == unpacked.notes
    assert packed.notes == ("birds: own split, 70/10/20 of every class (version 1)",)


def test_packing_other_pixels_onto_a_pack_is_refused(tmp_path: Path) -> None:
    source = OwnDataset(name="birds", path=str(noisy_class_folders(tmp_path / "birds", 1)))
    location = open_location(tmp_path / "pack")
    facts = pack(source.open(), location)
    assert pack(source.open(), location) == facts
    noisy_class_folders(tmp_path / "birds", 2)
    with pytest.raises(DatasetError, match="holds another version of birds"):
        pack(source.open(), location)


def test_a_pack_of_another_dataset_does_not_pass_for_a_known_one(
    store: Store, tmp_path: Path
) -> None:
    pack(noisy_tree(tmp_path), open_location(tmp_path / "packs" / "eurosat"))
    plan = make_plan(spec_of("eurosat"), store, tmp_path / "packs")
    assert {cell.status for cell in plan.cells} == {"skipped"}
    assert "is a pack of dtd, not of eurosat" in plan.cells[0].reason


def test_own_datasets_have_names_of_their_own(tmp_path: Path) -> None:
    for datasets, message in (
        ([own(tmp_path, "dtd")], "has a known dataset's name"),
        ([own(tmp_path), own(tmp_path / "other")], "own dataset 'birds' is given twice"),
    ):
        with pytest.raises((UserError, ValidationError), match=message):
            spec_of(*datasets)
    with pytest.raises(DatasetError, match="has a known dataset's name"):
        open_dataset("dtd", tmp_path, [OwnDataset(name="dtd", path=str(tmp_path))])


@pytest.mark.parametrize("size", ["same", "other"])
def test_an_image_broken_or_mended_in_place_is_looked_at_anew(
    size: str, store: Store, tmp_path: Path
) -> None:
    folder = noisy_class_folders(tmp_path / "birds")
    dataset = OwnDataset(name="birds", path=str(folder)).open()
    items = dataset.items("test")
    path = folder / items[0].reference
    sound = path.read_bytes()
    assert unreadable_among(items, dataset, store) == set()
    path.write_bytes(b"?" * len(sound) if size == "same" else b"?")
    assert unreadable_among(items, dataset, store) == {items[0].reference}
    path.write_bytes(sound)
    assert unreadable_among(items, dataset, store) == set()


def test_reading_many_images_is_announced(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.plan.reading.MANY", 3)
    monkeypatch.setenv("QUERYCURVE_CACHE", str(tmp_path / "cache"))
    said: list[str] = []
    told = Listener(said.append)
    plan = make_plan(
        spec_of(own(noisy_class_folders(tmp_path / "birds"))), store, "nowhere", listener=told
    )
    with_identities(plan, "nowhere", said.append)
    assert len(said) == 2
    for text in said:
        assert text.startswith("birds: reading ")
        assert "to know them by their contents" in text


def test_the_record_says_how_data_are_known(store: Store, tmp_path: Path) -> None:
    source = OwnDataset(name="birds", path=str(noisy_class_folders(tmp_path / "birds")))
    facts = pack(source.open(), open_location(tmp_path / "pack"))
    noisy_tree(tmp_path)
    data = store.storage.location.replace("/store", "")

    def known(*datasets: str) -> dict[str, tuple[str, str]]:
        plan = with_identities(make_plan(spec_of(*datasets, shots="[1]"), store, data), data)
        return {name: (one.basis, one.digest) for name, one in plan.identities.items()}

    packed, unpacked = own(tmp_path / "pack", "packed"), own(tmp_path / "birds")
    assert known(packed, unpacked, "dtd", "pocket_dots") == {
        "packed": ("packed", facts.full_digest),
        "birds": ("read", facts.full_digest),
        "dtd": ("counts and sizes", ""),
        "pocket_dots": ("read", verify(open_dataset("pocket_dots", data)).full_digest),
    }
    digest = verify(open_dataset("dtd", data)).full_digest
    assert known("dtd") == {"dtd": ("verified", digest)}
    packed_dtd = pack(open_dataset("dtd", data), open_location(tmp_path / "packs" / "dtd"))
    assert packed_dtd.full_digest == digest
    (first, *_) = open_dataset("dtd", data).items("train")
    image = tmp_path / "dtd" / "images" / first.reference
    whole, times = image.read_bytes(), (image.stat().st_atime_ns, image.stat().st_mtime_ns)
    time.sleep(0.02)  # past the tick of the file system's clock
    image.write_bytes(bytes(len(whole)))
    os.utime(image, ns=times)
    assert known("dtd") == {"dtd": ("counts and sizes", "")}
    image.write_bytes(whole)
    assert verify(open_dataset("dtd", data)).full_digest == digest
    assert known("dtd") == {"dtd": ("verified", digest)}
