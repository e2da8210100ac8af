"""ImageNet and its variants: one order of labels, subsets that lead back to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.registry import open_dataset
from benchmarks.datasets.sampling import few_shot_split
from benchmarks.datasets.zoo import imagenet_classes
from benchmarks.datasets.zoo.imagenet_classes import curated_names
from benchmarks.datasets.zoo.imagenet_variants import ImageNetVariant
from benchmarks.protocols import few_shot, protocol_named, split_digest
from tests.benchmarks.datasets.trees import imagenet_tree, write_image, write_lines

SUBSETS = [
    ("imagenet_sketch", "imagenet-sketch/images"),
    ("imagenet_a", "imagenet-adversarial/imagenet-a"),
    ("imagenet_r", "imagenet-rendition/imagenet-r"),
]


def variant(name: str, root: Path) -> ImageNetVariant:
    dataset = open_dataset(name, root)
    assert isinstance(dataset, ImageNetVariant)
    return dataset


def test_imagenet_tests_on_the_official_validation_images(tmp_path: Path) -> None:
    folder = imagenet_tree(tmp_path)
    (folder / "images" / "val" / "n01" / ".DS_Store").write_bytes(b"")
    dataset = open_dataset("imagenet", tmp_path)
    assert dataset.class_names() == ("tench", "great white shark")
    assert dataset.items("val") == []
    assert [item.reference for item in dataset.items("test")] == [
        "val/n01/v.JPEG",
        "val/n02/v.JPEG",
    ]
    assert dataset.split_as_published()


def test_without_classnames_the_curated_names_serve(tmp_path: Path) -> None:
    folder = imagenet_tree(tmp_path)
    (folder / "classnames.txt").unlink()
    write_image(folder / "images" / "train" / "n01443537" / "t.JPEG")
    dataset = open_dataset("imagenet", tmp_path)
    assert [item.label for item in dataset.items("train")] == [1]


def test_equal_names_are_the_same_experiment_wherever_they_come_from(tmp_path: Path) -> None:
    folder = imagenet_tree(tmp_path)
    for wnid in ("n01440764", "n01443537"):
        write_image(folder / "images" / "train" / wnid / "t.JPEG")
        write_image(folder / "images" / "val" / wnid / "v.JPEG")

    def digest(*lines: str) -> tuple[str, str]:
        write_lines(folder / "classnames.txt", *lines)
        if not lines:
            (folder / "classnames.txt").unlink()
        dataset = open_dataset("imagenet", tmp_path)
        task = few_shot(dataset, 1, 1, "take_all")
        return split_digest(task, ("train", "test")), dataset.remark()

    names = [f"{wnid} {name}" for wnid, name in curated_names().items()]
    assert digest(*names) == digest()
    assert digest(*(name.replace(" ", "\t", 1) for name in names)) == digest()
    assert digest()[1] == "", "CoOp's names, so results may be compared with published ones"
    other = digest(names[0] + "s", *names[1:])
    assert other[0] != digest()[0]
    assert other[1] == "imagenet: the class names in classnames.txt are not those of CoOp's"


def test_curated_names_that_are_not_the_published_ones_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = imagenet_tree(tmp_path)
    (folder / "classnames.txt").unlink()
    others = {**curated_names(), "n01440764": "tench, Tinca tinca"}
    monkeypatch.setattr(imagenet_classes, "curated_names", lambda: others)
    remark = open_dataset("imagenet", tmp_path).remark()
    assert remark.startswith("imagenet: classnames.txt is missing: OpenAI's class names")


def test_the_curated_names_are_in_the_order_of_sorted_ids() -> None:
    names = curated_names()
    assert len(names) == 1000
    assert list(names) == sorted(names)
    assert (names["n01440764"], names["n15075141"]) == ("tench", "toilet paper")


def test_malformed_classnames_are_explained(tmp_path: Path) -> None:
    folder = imagenet_tree(tmp_path)
    write_lines(folder / "classnames.txt", "n01 tench", "n02")
    with pytest.raises(DatasetError, match="such as 'n01440764 tench', got 'n02'"):
        open_dataset("imagenet", tmp_path).class_names()
    write_lines(folder / "classnames.txt", "n01 tench", "n02 shark", "n01 goldfish")
    with pytest.raises(DatasetError, match="calls n01 both 'tench' and 'goldfish'"):
        open_dataset("imagenet", tmp_path).class_names()


@pytest.mark.parametrize(("name", "images"), SUBSETS)
def test_a_subset_counts_its_own_classes_and_leads_back(
    name: str, images: str, tmp_path: Path
) -> None:
    imagenet_tree(tmp_path)  # whose class names serve when the variant has none of its own
    write_image(tmp_path / images / "n02" / "a.jpg")
    write_lines(tmp_path / images / "README.txt", "hello")
    dataset = variant(name, tmp_path)
    assert dataset.class_names() == ("great white shark",)
    assert [(i.reference, i.label) for i in dataset.items("test")] == [("n02/a.jpg", 0)]
    assert dataset.items("train") == dataset.items("val") == []
    assert dataset.imagenet_labels() == (1,)


def test_v2_names_folders_by_labels(tmp_path: Path) -> None:
    base = tmp_path / "imagenetv2"
    write_lines(base / "classnames.txt", "n01 tench", "n02 great white shark")
    for label in (0, 1):
        write_image(base / "imagenetv2-matched-frequency-format-val" / str(label) / "x.jpeg")
    dataset = variant("imagenet_v2", tmp_path)
    assert [(i.reference, i.label) for i in dataset.items("test")] == [
        ("0/x.jpeg", 0),
        ("1/x.jpeg", 1),
    ]
    assert dataset.class_names() == ("tench", "great white shark")
    assert dataset.imagenet_labels() == (0, 1)


def test_a_folder_that_is_no_class_of_imagenet_is_named(tmp_path: Path) -> None:
    imagenet_tree(tmp_path)
    write_image(tmp_path / "imagenet-rendition" / "imagenet-r" / "cats" / "a.jpg")
    with pytest.raises(DatasetError, match="folder 'cats', which is none of ImageNet's 2"):
        open_dataset("imagenet_r", tmp_path).class_names()


def test_test_only_sets_refuse_to_train(tmp_path: Path) -> None:
    imagenet_tree(tmp_path)
    write_image(tmp_path / "imagenet-rendition" / "imagenet-r" / "n01" / "a.jpg")
    with pytest.raises(DatasetError, match="no training images"):
        few_shot_split(open_dataset("imagenet_r", tmp_path), shots=1, seed=1)


@given(chosen=st.sets(st.integers(0, 999), min_size=1, max_size=200))
def test_subsets_keep_imagenets_order(chosen: set[int]) -> None:
    dataset = variant("imagenet_r", Path("nowhere"))
    ids = list(curated_names())
    folders = sorted(ids[label] for label in chosen)
    vars(dataset)["_wnids"] = dict(zip(folders, folders, strict=True))  # as they would say
    assert dataset.imagenet_labels() == tuple(sorted(chosen))


def test_prompts_trained_on_imagenet_may_be_tested_on_its_subsets(tmp_path: Path) -> None:
    imagenet_tree(tmp_path)
    protocol = protocol_named("out_of_distribution")
    for name, images in SUBSETS:
        write_image(tmp_path / images / "n02" / "a.jpg")
        target = open_dataset(name, tmp_path)
        protocol.check_target(open_dataset("imagenet", tmp_path), target)
        task = protocol.task(target, 0, 1, "refuse")
        assert task.class_names == ("great white shark",)
        assert len(task.test) == 1
