"""What every dataset must satisfy; its test class inherits it and names the dataset."""

from __future__ import annotations

import io
from pathlib import Path
from typing import ClassVar

import pytest
from PIL import Image

from benchmarks.datasets.cards import wrong_with
from benchmarks.datasets.interface import SPLITS, Dataset
from benchmarks.datasets.registry import dataset_class, open_dataset
from benchmarks.datasets.roll import roll_of


class DatasetSuite:
    """Contract tests of one dataset, which open one image of each split.

    Those of the data are skipped where they aren't there.

    Class attributes:
        name: the name that specs use; of a dataset of another package its place or its entry
            point's name.
        root: the data root that holds it.
    """

    name: ClassVar[str]
    root: ClassVar[Path] = Path("data")

    @property
    def dataset(self) -> Dataset:
        """Opened anew, as by another process."""
        return open_dataset(self.name, self.root)

    @property
    def there(self) -> Dataset:
        """The dataset, whose data are there."""
        dataset = self.dataset
        missing = dataset.missing()
        if missing is not None:
            pytest.skip(missing)
        return dataset

    def test_its_card_is_complete(self) -> None:
        kind = dataset_class(self.name)
        assert wrong_with(kind) == ""
        assert kind.card.title
        assert kind.card.how_to_get.endswith(".")
        assert kind.card.images["test"] > 0

    def test_it_says_what_is_missing_of_an_empty_folder(self, tmp_path: Path) -> None:
        if dataset_class(self.name).card.folder:
            missing = open_dataset(self.name, tmp_path).missing()
            assert missing
            assert str(tmp_path) in missing

    def test_its_classes_are_names_for_prompts(self) -> None:
        names = self.there.class_names()
        assert len(names) == self.dataset.card.classes
        assert len(set(names)) == len(names)
        for name in names:
            assert name == name.strip() != ""
            assert "_" not in name, "blanks, not underscores, enter a prompt"

    def test_its_images_are_listed_alike_each_time(self) -> None:
        first, second = self.there, self.there
        for split in SPLITS:
            assert list(first.items(split)) == list(second.items(split))
        assert first.revision() == second.revision()

    def test_no_image_is_in_two_splits(self) -> None:
        listed = [item.reference for split in SPLITS for item in self.there.items(split)]
        assert len(set(listed)) == len(listed)

    def test_every_label_is_one_of_a_class(self) -> None:
        classes = range(len(self.there.class_names()))
        assert all(item.label in classes for split in SPLITS for item in self.there.items(split))

    def test_every_class_has_images_to_train_and_to_test(self) -> None:
        dataset = self.there
        for split in SPLITS:
            if split != "val" or dataset.items(split):
                found = {item.label for item in dataset.items(split)}
                assert found == set(range(len(dataset.class_names()))), split
        roll_of(dataset)  # what a plan says of its classes

    def test_an_image_is_decoded_as_its_file_says(self) -> None:
        dataset = self.there
        for split in SPLITS:
            for item in dataset.items(split)[:1]:
                opened = dataset.open(item)
                assert opened.mode == "RGB"
                again = Image.open(io.BytesIO(dataset.encoded(item))).convert("RGB")
                assert again.size == opened.size

    def test_every_image_of_a_split_has_a_fingerprint(self) -> None:
        dataset = self.there
        items = dataset.items("test")
        assert len(dataset.fingerprints(items)) == len(items)
        assert len(dataset.stamps(items)) == len(items)
        assert dataset.absent(items[:1]) is None
