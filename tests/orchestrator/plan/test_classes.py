"""A plan refuses or names each class that can't be trained on or measured, before work starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.benchmarks.datasets.trees import (
    SPLIT,
    coop_tree,
    imagenet_tree,
    write_image,
    write_lines,
)
from tests.orchestrator.cli.verbs import querycurve, write_spec
from tests.orchestrator.plan.strict_plan import strict_plan

EUROSAT_SPLIT = "eurosat: split_zhou_EuroSAT.json is missing: own split"


def notes_of(root: Path, dataset: str, *overrides: str, blind: bool = False) -> tuple[str, ...]:
    """The notes of a plan with one shot of a named dataset below a root, or of an own one."""
    fixed = (f"datasets=[{dataset}]", "methods=[zero_shot, zip]", "seeds=[1]", "shots=[1]")
    spec = load_spec("demo", (*fixed, *overrides))
    return strict_plan(spec, Store(LocalStorage(root / "store")), root, blind=blind).notes


def birds(root: Path, *images: str) -> str:
    """An own dataset of these files."""
    for name in images:
        write_image(root / "birds" / f"{name}.png")
    return f"{{name: birds, path: {root / 'birds'}}}"


def test_a_class_without_training_images_is_refused_or_named(tmp_path: Path) -> None:
    own = birds(tmp_path, "train/owl/1", "test/owl/2", "test/tit/3")
    with pytest.raises(UserError, match=r"zip on birds: .*no training images.* class 'tit'"):
        notes_of(tmp_path, own)
    notes = notes_of(tmp_path, own, "short_classes=take_all")
    assert notes == ("birds: trained with 0 images of 1 class at 1 shots: tit",)
    notes = notes_of(tmp_path, own, "short_classes=take_all", "shots=[2]")
    assert "birds: 1 class has fewer than 2 images and gives all it has (owl)" in notes
    assert "birds: trained with 0 images of 1 class at 2 shots: tit" in notes


def test_imagenets_images_that_are_of_no_class_are_named(tmp_path: Path) -> None:
    folder = imagenet_tree(tmp_path)
    write_lines(folder / "classnames.txt", "n01 tench")
    write_image(folder / "images" / "val" / "flat.JPEG")
    notes = notes_of(tmp_path, "imagenet")
    unlisted = "in folders that the list of classes lacks (train/n02, val/n02)"
    assert f"imagenet: 2 images {unlisted} are ignored" in notes
    assert "imagenet: 1 image outside of class folders is ignored" in notes
    (folder / "images" / "val" / "n01" / "v.JPEG").unlink()
    with pytest.raises(UserError, match=r"no readable test images .*1 image outside of class fold"):
        notes_of(tmp_path, "imagenet")


def test_a_class_without_test_images_is_named_and_none_at_all_is_refused(tmp_path: Path) -> None:
    own = birds(tmp_path, "train/owl/1", "train/tit/2", "test/owl/3")
    (note,) = notes_of(tmp_path, own)
    assert note == "birds: accuracy says nothing of 1 class without test images: tit"
    message = "no readable test images of tit to measure"
    with pytest.raises(UserError, match=message):  # tit is the new class
        notes_of(tmp_path, own, "protocol=base_to_new")
    coop_tree(tmp_path, "dtd", {**SPLIT, "test": []})
    with pytest.raises(UserError, match=r"dtd: .*no readable test images"):
        notes_of(tmp_path, "dtd")
    with pytest.raises(UserError, match=r"dtd: .*no readable test images"):
        notes_of(tmp_path, "dtd", "protocol=cross_dataset", "source=pocket_dots")


def test_a_search_names_classes_that_it_can_not_validate(tmp_path: Path) -> None:
    own = birds(tmp_path, *(f"{part}/{name}/1" for part in ("train", "test") for name in "ab"))
    with pytest.raises(UserError, match="has no validation images"):
        notes_of(tmp_path, own, blind=True)
    birds(tmp_path, "val/a/1")
    (note,) = notes_of(tmp_path, own, blind=True)
    assert note.endswith("1 class without validation images: b")


def test_base_to_new_needs_training_images_of_base_classes(tmp_path: Path) -> None:
    own = birds(tmp_path, "train/tit/1", "test/owl/2", "test/tit/3")
    with pytest.raises(UserError, match="base_to_new trains on 'owl' to 'owl', and none of them"):
        notes_of(tmp_path, own, "protocol=base_to_new", "short_classes=take_all")


@pytest.mark.parametrize("broken", ["one class", "all"])
def test_skipping_unreadable_test_images_empties_no_class_silently(
    broken: str, tmp_path: Path
) -> None:
    names = [f"{part}/{name}/{n}" for part in ("train", "test") for name in "ab" for n in "12"]
    own = birds(tmp_path, *names)
    for name in names:
        if name.startswith("test") and (broken == "all" or "/b/" in name):
            (tmp_path / "birds" / f"{name}.png").write_bytes(b"no image")
    if broken == "all":
        with pytest.raises(UserError, match=r"birds: .*no readable test images"):
            notes_of(tmp_path, own, "unreadable=skip")
    else:
        skipped, unmeasured = notes_of(tmp_path, own, "unreadable=skip")
        assert skipped.endswith("(test/b/1.png, test/b/2.png), of 'b' (2)")
        assert unmeasured.endswith("1 class without test images: b")


def test_skipping_unreadable_training_images_empties_no_class_silently(tmp_path: Path) -> None:
    names = [f"{part}/{name}/1" for part in ("train", "test") for name in "ab"]
    own = birds(tmp_path, *names)
    (tmp_path / "birds" / "train" / "b" / "1.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"none of the training images .* of 'b' can be read"):
        notes_of(tmp_path, own, "unreadable=skip")
    notes = notes_of(tmp_path, own, "unreadable=skip", "short_classes=take_all")
    assert "birds: trained with 0 images of 1 class at 1 shots: b" in notes


def test_a_listed_class_of_an_official_set_without_images_is_found(tmp_path: Path) -> None:
    folder = imagenet_tree(tmp_path)
    lines = ("n01 crane", "n02 shark", "n03 Crane")
    (folder / "classnames.txt").write_text("\n".join(lines), encoding="utf-8-sig")
    with pytest.raises(UserError, match=r"the class folders in .*, no training.* class 'Crane'"):
        notes_of(tmp_path, "imagenet")
    notes = "\n".join(notes_of(tmp_path, "imagenet", "short_classes=take_all"))
    assert "imagenet: not a full copy: 2 / 0 / 2 of 1,281,167 / 0 / 50,000 images" in notes
    assert "without test images: Crane" in notes
    assert "crane (0 and 2)" in notes
    assert "split file" not in notes


def test_an_empty_class_folder_of_an_official_set_is_found_and_litter_is_not(
    tmp_path: Path,
) -> None:
    base = tmp_path / "eurosat" / "2750"
    for name in ("Forest", "River"):
        for number in range(5):
            write_image(base / name / f"{number}.jpg")
    write_image(base / "River" / "inner" / "6.jpg")
    (base / "Forest" / "a.heic").touch()
    (base / "__MACOSX").mkdir()
    first, *others = notes_of(tmp_path, "eurosat")
    assert first.startswith(EUROSAT_SPLIT)
    assert first.endswith("eurosat: not a full copy: 10 of 27,000 images, 2 of 10 classes")
    assert others == [
        "eurosat: 1 file with other endings is ignored: .heic (1)",
        "eurosat: 1 image in folders inside class folders is ignored",
    ]
    (base / "Highway").mkdir()
    (base / "Highway" / "a.heic").touch()
    message = r"no training images are of the class 'Highway or Road' \(only \.heic \(1\)"
    with pytest.raises(UserError, match=message):
        notes_of(tmp_path, "eurosat")


def test_a_gap_in_labels_names_what_has_it(tmp_path: Path) -> None:
    gap = {part: [[path, 2 * n, name] for path, n, name in rows] for part, rows in SPLIT.items()}
    coop_tree(tmp_path, "dtd", gap)
    with pytest.raises(UserError, match=r"DescribableTextures\.json, .*no image has label 1"):
        notes_of(tmp_path, "dtd")


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_the_command_line_refuses_classes_with_one_prompt(verb: str, tmp_path: Path) -> None:
    birds(tmp_path, *(f"{name}/{n}" for name in ("barn owl", "barn_owl") for n in range(3)))
    own = [{"name": "birds", "path": str(tmp_path / "birds")}]
    said = querycurve(verb, write_spec(tmp_path, datasets=own), "--store", tmp_path / "store")
    assert said.code == 2
    assert "'barn owl' and 'barn_owl' are two classes with one prompt" in said.err
    assert not (tmp_path / "store").exists()
