"""The format of a manifest: one row per image, checked row by row before anything runs.

image       path relative to the manifest; in Parquet also the bytes of an image file
class_name  as it enters a prompt
label       optional: class indices from 0 without gaps; without it, classes are sorted by name
split       optional: train, val or test in every row; without it, 70/10/20 of every class
"""

from collections.abc import Iterable, Mapping, Sequence
from posixpath import normpath
from typing import Any

from benchmarks.datasets.class_names import alike, both
from benchmarks.datasets.interface import SPLITS, DatasetError
from benchmarks.datasets.own_split import Division, LabelledFile, Listing, own_division
from benchmarks.naming import did_you_mean

REQUIRED = ("image", "class_name")
OPTIONAL = ("label", "split")
GIVEN = "manifest's split"  # part of keys


class BadManifest(DatasetError):
    """A manifest is invalid; says what is wrong, and in which row."""


def check_columns(columns: Sequence[str], where: str) -> None:
    """Checks the names of the columns.

    Raises:
        BadManifest: a required column is missing, or a column is unknown.
    """
    known = (*REQUIRED, *OPTIONAL)
    for name in columns:
        if name not in known:
            raise BadManifest(f"{where}: unknown column {name!r}. {did_you_mean(name, known)}")
    for name in REQUIRED:
        if name not in columns:
            raise BadManifest(
                f"{where}: the column {name!r} is missing. Expected {', '.join(REQUIRED)} and "
                f"optionally {', '.join(OPTIONAL)}; got {', '.join(columns) or 'none'}."
            )


def check_rows(rows: Iterable[tuple[int, Mapping[str, Any]]], where: str) -> Division:
    """Checks the rows and sorts them into splits.

    Args:
        rows: number of each row, and its values by column; `image` must be unique.
        where: names the manifest in errors.

    Raises:
        BadManifest: a row is invalid, or there are fewer than two classes or no test images.
    """
    numbered = list(rows)
    seen: dict[str, int] = {}
    for number, row in numbered:
        _check_row(row, f"{where}, row {number}")
        first = seen.setdefault(normpath(str(row["image"])), number)
        if first != number:
            raise BadManifest(
                f"{where}, row {number}: the image {row['image']!r} is in row {first} already."
            )
    _check_spelling(numbered, where)
    labels = _labels(numbered, where)
    files: list[LabelledFile] = [
        (str(row["image"]), labels[_name(row)], _name(row)) for _, row in numbered
    ]
    if len(labels) < 2:
        raise BadManifest(f"{where}: expected at least two classes, got {len(labels)}.")
    if all(row.get("split") in (None, "") for _, row in numbered):
        return own_division(files)
    return Division(_given(numbered, files, where), GIVEN)


def _check_row(row: Mapping[Any, Any], where: str) -> None:
    if None in row:
        raise BadManifest(f"{where}: it has more cells than the header has columns.")
    for name in REQUIRED:
        if not str(row.get(name) or "").strip():
            raise BadManifest(f"{where}: {name!r} is empty.")
    label = row.get("label")
    if label not in (None, "") and not str(label).isdecimal():
        raise BadManifest(f"{where}: 'label' must be a whole number from 0, got {label!r}.")


def _check_spelling(rows: Sequence[tuple[int, Mapping[str, Any]]], where: str) -> None:
    """Refuses classes whose names are one name, spelled in two ways."""
    first: dict[str, tuple[int, str]] = {}
    for number, row in rows:
        first.setdefault(_name(row), (number, str(row["class_name"])))
    numbers, spelled = zip(*first.values(), strict=True) if first else ((), ())
    for one, other, *_ in alike(spelled):
        raise BadManifest(
            f"{where}, rows {numbers[one]} and {numbers[other]}: "
            f"{both(spelled[one], spelled[other])} are two classes with one prompt. Spell them "
            f"alike, or give them names that differ in more than case, blanks and underscores."
        )


def _labels(rows: Sequence[tuple[int, Mapping[str, Any]]], where: str) -> dict[str, int]:
    """Label by class name: as given, or by the order of names."""
    given = [row.get("label") not in (None, "") for _, row in rows]
    if not any(given):
        return {name: label for label, name in enumerate(sorted({_name(row) for _, row in rows}))}
    labels: dict[str, int] = {}
    for number, row in rows:
        if row.get("label") in (None, ""):
            raise BadManifest(f"{where}, row {number}: 'label' is empty, but not in other rows.")
        label = int(row["label"])
        known = labels.setdefault(_name(row), label)
        if known != label:
            raise BadManifest(
                f"{where}, row {number}: class {_name(row)!r} has label {label} here and {known} "
                f"elsewhere."
            )
    if sorted(labels.values()) != list(range(len(labels))):
        absent = sorted(set(range(len(labels))) - set(labels.values()))
        raise BadManifest(
            f"{where}: expected labels 0 to {len(labels) - 1}, one per class name, got "
            f"{sorted(labels.values())[:10]}; no row has label {absent[0]}. Give each class its "
            f"own label without gaps, or leave the column out."
        )
    return labels


def _given(
    rows: Sequence[tuple[int, Mapping[str, Any]]], files: Sequence[LabelledFile], where: str
) -> Listing:
    listing: Listing = {split: [] for split in SPLITS}
    for (number, row), file in zip(rows, files, strict=True):
        split = str(row.get("split") or "").strip()
        if split not in SPLITS:
            raise BadManifest(
                f"{where}, row {number}: 'split' must be train, val or test, got {split!r}."
            )
        listing[split].append(file)
    if not listing["test"]:
        raise BadManifest(
            f"{where}: no row has the split 'test', so nothing can be measured. Give it to some."
        )
    return listing


def _name(row: Mapping[str, Any]) -> str:
    return str(row["class_name"]).strip()
