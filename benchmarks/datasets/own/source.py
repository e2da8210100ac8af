"""A user's own dataset, as a spec describes it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from benchmarks.datasets.interface import SPLITS, Card, Dataset
from benchmarks.datasets.own.class_folders import ClassFolders
from benchmarks.datasets.own.csv_manifest import CsvManifest
from benchmarks.datasets.own.parquet_manifest import open_parquet
from benchmarks.datasets.packed.dataset import PackedDataset
from benchmarks.datasets.packed.layout import FACTS
from benchmarks.datasets.packed.location import is_uri, open_location
from benchmarks.datasets.templates import PHOTO
from benchmarks.frozen import Frozen


class OwnDataset(Frozen):
    """A user's own dataset.

    Attributes:
        name: its name in specs, keys and reports.
        path: a folder of class folders, a CSV or Parquet manifest, or a packed dataset.
        templates: hand-written prompts with one `{}` for the class name; the first is the dataset's
            own. By default those of the pack, or "a photo of a {}."
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    path: str = Field(min_length=1)
    templates: tuple[str, ...] = ()

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
                    f"a template needs exactly one {{}} for the class name, got {template!r}"
                )
        return value

    def open(self) -> Dataset:
        """Opens the dataset; only looks at what kind of path it has."""
        path = Path(self.path)
        if is_uri(self.path) or (path / FACTS).is_file():
            return PackedDataset(open_location(self.path), self._card() if self.templates else None)
        suffix = path.suffix.lower()
        if suffix == ".csv":
            return CsvManifest(path, self._card())
        if suffix == ".parquet":
            return open_parquet(path, self._card())
        return ClassFolders(path, self._card())

    def _card(self) -> Card:
        return Card(
            name=self.name,
            title=self.name,
            classes=0,
            images=dict.fromkeys(SPLITS, 0),
            templates=self.templates or (PHOTO,),
            how_to_get="Correct its path in the spec.",
        )
