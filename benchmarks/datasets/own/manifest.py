"""The format of a manifest: one row per image, checked row by row before anything runs.

image       path relative to the manifest; in Parquet also the bytes of an image file
class_name  as it enters a prompt
label       optional: class indices from 0 without gaps; without it, classes are sorted by name
split       optional: train, val or test in every row; without it, 70/10/20 of every class
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from posixpath import normpath
from typing import Any

from benchmarks.datasets.class_names import alike, both, named_by_codes, one_form, shown
from benchmarks.datasets.interface import SPLITS
from benchmarks.datasets.labels import is_blank, whole_number
from benchmarks.datasets.own.columns import BadManifest
from benchmarks.datasets.own.image_paths import ImagePaths
from benchmarks.datasets.own.rows import Row, read_row
from benchmarks.datasets.own_split import Division, LabelledFile, Listing, own_division
from benchmarks.quoting import quoted

GIVEN = "manifest's split"  # part of keys

Cells = Mapping[str, Any]
"""The values of a row by column."""


def check_rows(
    rows: Iterable[tuple[int, Cells]],
    where: str,
    paths: ImagePaths | None = None,
    listed: Sequence[str] = (),
) -> Division:
    """Checks the rows and sorts them into splits.

    Args:
        rows: number of each row, and its values by column.
        where: names the manifest in errors.
        paths: what reads the images' paths; None where `image` is a number of its own in each row.
        listed: the file's own list of classes, which labels count; classes of it without any row
            are left out.

    Raises:
        BadManifest: a row is invalid, or there are fewer than two classes or no test images.
    """
    numbered = _with_class_names(list(rows), where)
    read = [read_row(number, cells, where, paths) for number, cells in numbered]
    once = _once(read, where)
    forms = one_form(dict.fromkeys(row.class_name for row in once))
    if any(form != name for name, form in forms.items()):
        once = [row._replace(class_name=forms[row.class_name]) for row in once]
    _check_spelling(once, where)
    labels = _labels(once, where)
    lacking = [name for label, name in enumerate(listed) if label not in labels.values()]
    if lacking:
        labels = _numbered_anew(labels)
    _check_gaps(labels, where)
    if len(labels) < 2:
        raise BadManifest(f"{where}: expected at least two classes, got {len(labels)}.")
    files: list[LabelledFile] = [(r.image, labels[r.class_name], r.class_name) for r in once]
    if all(row.split is None for row in once):
        division = own_division(files)
    else:
        division = Division(_given(once, files, where), GIVEN)
    notes = (
        *_left_out(lacking),
        *named_by_codes(sorted(labels, key=labels.__getitem__)),
        *_repeated(len(read), once),
    )
    return replace(division, notes=notes)


def _with_class_names(rows: list[tuple[int, Cells]], where: str) -> list[tuple[int, Cells]]:
    """The rows with the names of classes that a manifest without `class_name` has in `label`."""
    if not rows or "class_name" in rows[0][1]:
        return rows
    given = [cells["label"] for _, cells in rows if not is_blank(cells["label"])]
    if given and all(whole_number(value) is not None for value in given):
        raise BadManifest(
            f"{where}: the column 'label' has numbers, and prompts need names: add a column "
            f"'class_name' with the name of each image's class."
        )
    return [(number, _renamed(cells)) for number, cells in rows]


def _renamed(cells: Cells) -> Cells:
    return {("class_name" if name == "label" else name): value for name, value in cells.items()}


def _once(rows: Sequence[Row], where: str) -> list[Row]:
    """The rows without those that say again what an earlier one has said."""
    seen: dict[str, Row] = {}
    for row in rows:
        first = seen.setdefault(normpath(row.image), row)
        if first is not row and first[2:] != row[2:]:
            raise BadManifest(
                f"{where}, row {row.number}: the image {quoted(row.image)} is in row "
                f"{first.number} already, as {_said(first)} there and as {_said(row)} here. Keep "
                f"one of the rows."
            )
    return list(seen.values())


def _said(row: Row) -> str:
    """What a row says of its image."""
    details = [row.split, None if row.label is None else f"label {row.label}"]
    told = ", ".join(filter(None, details))
    return quoted(row.class_name) + (f" ({told})" if told else "")


def _repeated(read: int, once: Sequence[Row]) -> tuple[str, ...]:
    rows = read - len(once)
    if not rows:
        return ()
    what, verb = ("row", "says") if rows == 1 else ("rows", "say")
    return (f"{rows:,} {what} of the manifest {verb} again what an earlier row says",)


def _check_spelling(rows: Sequence[Row], where: str) -> None:
    """Refuses classes whose names are one name, spelled in two ways."""
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(row.class_name, row.number)
    spelled = list(first)
    for one, other, *_ in alike(spelled):
        raise BadManifest(
            f"{where}, rows {first[spelled[one]]} and {first[spelled[other]]}: "
            f"{both(spelled[one], spelled[other])} are two classes with one prompt. Spell them "
            f"alike, or give them names that differ in more than case, blanks and underscores."
        )


def _labels(rows: Sequence[Row], where: str) -> dict[str, int]:
    """Label by class name: as given, or by the order of names."""
    if all(row.label is None for row in rows):
        names = sorted({row.class_name for row in rows})
        return {name: label for label, name in enumerate(names)}
    labels: dict[str, int] = {}
    for row in rows:
        if row.label is None:
            raise BadManifest(
                f"{where}, row {row.number}: 'label' is empty, but not in other rows."
            )
        known = labels.setdefault(row.class_name, row.label)
        if known != row.label:
            raise BadManifest(
                f"{where}, row {row.number}: class {quoted(row.class_name)} has label {row.label} "
                f"here and {known} elsewhere."
            )
    return labels


def _numbered_anew(labels: Mapping[str, int]) -> dict[str, int]:
    """Labels from 0 without gaps, in the same order."""
    places = {label: place for place, label in enumerate(sorted(set(labels.values())))}
    return {name: places[label] for name, label in labels.items()}


def _left_out(listed: Sequence[str]) -> tuple[str, ...]:
    if not listed:
        return ()
    return (f"classes of its list that no row has are left out: {shown(listed)}",)


def _check_gaps(labels: Mapping[str, int], where: str) -> None:
    absent = sorted(set(range(len(labels))) - set(labels.values()))
    if absent:
        got = shown(map(str, sorted(labels.values())))
        raise BadManifest(
            f"{where}: expected labels 0 to {len(labels) - 1}, one per class name, got {got}; no "
            f"row has label {absent[0]}. Give each class its own label without gaps, or leave the "
            f"column out."
        )


def _given(rows: Sequence[Row], files: Sequence[LabelledFile], where: str) -> Listing:
    listing: Listing = {split: [] for split in SPLITS}
    for row, file in zip(rows, files, strict=True):
        if row.split is None:
            raise BadManifest(
                f"{where}, row {row.number}: 'split' must be train, val or test, got '', but other "
                f"rows have one."
            )
        listing[row.split].append(file)
    if not listing["test"]:
        raise BadManifest(
            f"{where}: no row has the split 'test', so nothing can be measured. Give it to some."
        )
    return listing
