"""Datasets in CoOp's layout: an image folder and a JSON file with the three splits."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from benchmarks.datasets.folders import images_in, subfolders
from benchmarks.datasets.image_folder import ImageFolderDataset
from benchmarks.datasets.interface import SPLITS, DatasetError, Split
from benchmarks.datasets.labels import whole_number
from benchmarks.datasets.looking import present
from benchmarks.datasets.own_split import Division, LabelledFile, Listing, own_division
from benchmarks.datasets.texts import CONTROL, read_json
from benchmarks.quoting import brief, cut, quoted

GUIDE = (
    "Lay the folder out as CoOp's DATASETS.md describes (github.com/KaiyangZhou/CoOp); without "
    "its split file, a split of our own is used"
)


class CoopSplitDataset(ImageFolderDataset):
    """Reads `split_zhou_*.json`: for each split a list of [path, label, class name].

    If the file is missing, `fallback` splits the images.

    Class attributes:
        split_file: name of the JSON file.
        renamed: class names to replace.
        ignored: folders beside the class folders that hold no class.
        from_file: the splits that the file holds.
        fallback_needs: what must be there below the dataset's folder for `fallback`.
    """

    split_file: str
    renamed: Mapping[str, str] = {}
    ignored: tuple[str, ...] = ()
    from_file: tuple[Split, ...] = SPLITS
    fallback_needs: tuple[str, ...] = ()

    def split_name(self) -> str:
        """Name of the split file below the dataset's folder."""
        return self.split_file

    def absence(self) -> str | None:
        reason = super().absence()
        if reason is not None or self._has_split_file:
            return reason
        for name in self.fallback_needs:
            if not present(self.folder / name):
                split = self.folder / self.split_name()
                return f"neither {split} nor {name} is there. {self.card.how_to_get}"
        return None

    def listing(self) -> Listing:
        if not self._has_split_file:
            return self._fallback.listing
        document = read_json(self.folder / self.split_name(), self.card.name)
        return {split: self._rows(document, split) for split in self.from_file}

    def fallback(self) -> Division:
        """The split to use without a split file: 70/10/20 of each class folder unless overridden.

        Raises:
            DatasetError: a file that it needs is missing or malformed, or no class folder holds
                images.
        """
        base = self.images
        classes = self.classes_named(subfolders(base, self.ignored))
        rows = images_in(base, classes)
        if not rows:
            raise DatasetError(
                f"dataset {self.card.name}: {base} holds no class folders with images. "
                f"{self.card.how_to_get}"
            )
        return own_division(rows, classes)

    def classes_named(self, names: Iterable[str]) -> list[LabelledFile]:
        """Classes with a folder each, given in the order of labels."""
        return [(name, label, self.readable(name)) for label, name in enumerate(names)]

    def in_class_folders(
        self, paths: Iterable[str], labels: Mapping[str, int]
    ) -> list[LabelledFile]:
        """Listed images `<class>/<file>`, given the label of each class."""
        folders = [(path, path.split("/")[0]) for path in paths]
        return [(path, labels[name], self.readable(name)) for path, name in folders]

    def readable(self, name: str) -> str:
        """A class name as it enters a prompt."""
        return self.renamed.get(name, name).replace("_", " ")

    def classes(self) -> Sequence[LabelledFile]:
        return () if self._has_split_file else self._fallback.classes

    def listed_in(self) -> tuple[str, str]:
        if self._has_split_file:
            again = "Download it again, or delete it to use a split of our own."
            return str(self.folder / self.split_name()), again
        if self.fallback_needs:
            return f"the official lists in {self.folder}", "Download lists and images again."
        remedy = "Put its images there, or delete its folder if that is no class."
        return f"the class folders in {self.folder / self.image_folder}", remedy

    def revision(self) -> str:
        return self.split_name() if self._has_split_file else self._fallback.origin

    def remark(self) -> str:
        if self._has_split_file:
            return ""
        return f"{self.card.name}: {self.split_name()} is missing: {self._fallback.origin}"

    @cached_property
    def _has_split_file(self) -> bool:
        return present(self.folder / self.split_name())

    @cached_property
    def _fallback(self) -> Division:
        try:
            return self.fallback()
        except DatasetError:
            raise
        except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
            needs = ", ".join(self.fallback_needs)
            raise DatasetError(
                f"dataset {self.card.name}: {needs} don't fit together ({brief(error)}). "
                f"Download them again."
            ) from None

    def _rows(self, document: dict[str, Any], split: Split) -> list[LabelledFile]:
        rows = document.get(split)
        if not isinstance(rows, list):
            raise self._misshapen(split, "nothing" if rows is None else quoted(rows))
        read = []
        for row in rows:
            label = whole_number(row[1]) if _is_row(row) else None
            if label is None:
                got = ", ".join(map(quoted, row)) if isinstance(row, list) else quoted(row)
                raise self._misshapen(split, f"[{cut(got)}]")
            read.append((self._below(row[0]), label, self.readable(str(row[2]))))
        return read

    def _below(self, path: str) -> str:
        """The path below the image folder, with slashes: files from Windows have backslashes."""
        slashed = path.replace("\\", "/")
        return slashed.removeprefix(f"{(self.folder / self.image_folder).absolute()}/")

    def _misshapen(self, split: Split, got: str) -> DatasetError:
        file = self.folder / self.split_name()
        return DatasetError(
            f"dataset {self.card.name}: in {file}, {split!r} must be a list of [path, label, class "
            f"name] with labels from 0, got {got}. Download the file again."
        )


def _is_row(row: Any) -> bool:
    """Whether a row has a path, a label and a name; names of classes may be numbers."""
    if not isinstance(row, list) or len(row) != 3:
        return False
    path, _, name = row
    named = isinstance(name, str | int) and not CONTROL.search(str(name))
    return isinstance(path, str) and bool(path.strip()) and named
