"""A user's own dataset, as a spec describes it."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pydantic import Field, field_validator

from benchmarks.datasets.interface import SPLITS, Card, Dataset, DatasetError
from benchmarks.datasets.own.checked import CheckedDataset
from benchmarks.datasets.own.csv_manifest import read_csv
from benchmarks.datasets.own.files import OwnFiles, OwnFolders
from benchmarks.datasets.own.kinds import kind_of_path, refuse
from benchmarks.datasets.own.pack import OwnPack
from benchmarks.datasets.own.parquet_folder import OwnParquetFolder, parts_in
from benchmarks.datasets.own.parquet_images import OwnParquetImages
from benchmarks.datasets.own.parquet_manifest import holds_images, read_parquet
from benchmarks.datasets.own_split import Division
from benchmarks.datasets.packed.layout import is_pack
from benchmarks.datasets.packed.location import is_uri, open_location
from benchmarks.datasets.templates import PHOTO
from benchmarks.frozen import Frozen
from benchmarks.quoting import quoted

_READERS: dict[str, Callable[[Path, str], Division]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "other": refuse,
}


_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class OwnDataset(Frozen):
    """A user's own dataset.

    Attributes:
        name: its name in specs, keys and reports.
        path: a folder of class folders, a CSV, TSV or Parquet manifest, a folder of Parquet files
            that are named by split, or a packed dataset.
        templates: hand-written prompts with one `{}` for the class name; the first is the dataset's
            own. By default those of the pack, or "a photo of a {}."
    """

    name: str = Field(max_length=100)
    path: str = Field(min_length=1)
    templates: tuple[str, ...] = ()

    @field_validator("name")
    @classmethod
    def _plain(cls, value: str) -> str:
        """Names of datasets are names of folders and parts of keys."""
        if not _NAME.fullmatch(value):
            raise ValueError(
                f"expected lower-case letters, digits, `-` and `_`, the first a letter or digit, "
                f"got {quoted(value)}"
            )
        return value

    @field_validator("path")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """Workers may run in other folders."""
        return open_location(value).uri

    @field_validator("templates")
    @classmethod
    def _one_place(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for template in value:
            if template.count("{}") != 1:
                raise ValueError(
                    f"a template needs exactly one {{}} for the class name, got {quoted(template)}"
                )
        return value

    def open(self) -> Dataset:
        """Opens the dataset; only looks at what kind of path it has."""
        return CheckedDataset(self._opened())

    def _opened(self) -> Dataset:
        path = Path(self.path)
        if is_uri(self.path) or is_pack(path):
            location, templates = open_location(self.path), bool(self.templates)
            return OwnPack(location, self._card(), own_templates=templates)
        kind = kind_of_path(path)
        if kind == "folder":
            return self._folder(path)
        if kind == "parquet" and holds_images(path):
            return OwnParquetImages(path, self._card())
        read = _READERS[kind]
        return OwnFiles(
            path.parent, self._card(), partial(read, path, self.name), needed=(path.name,)
        )

    def _folder(self, path: Path) -> Dataset:
        try:
            parts = parts_in(path)
        except DatasetError:
            parts = {}  # reading the folder explains it
        if parts:
            return OwnParquetFolder(path, parts, self._card())
        return OwnFolders(path, self._card())

    def _card(self) -> Card:
        return Card(
            name=self.name,
            title=self.name,
            classes=0,
            images=dict.fromkeys(SPLITS, 0),
            templates=self.templates or (PHOTO,),
            how_to_get="Correct its path in the spec.",
        )
