"""The files that lie beside a page, as links in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

KINDS = {
    ".csv": "CSV", ".tex": "LaTeX", ".png": "PNG", ".md": "Markdown", ".yaml": "YAML",
    ".html": "page", ".json": "JSON", ".svg": "SVG", ".pdf": "PDF",
}  # fmt: skip
"""What a file is, by the end of its name; other ends are shown as they are."""

ABOUT = {
    "results.csv": "a row for each dataset and method, and for means over datasets, as numbers",
    "results.md": "the same as tables in Markdown",
    "curves.csv": "the curves, as numbers",
    "per_seed.csv": "what each seed ended with, as numbers",
    "spec.yaml": "the whole spec: querycurve run spec.yaml",
}
"""What is said of files that always have the same name."""

GROUPS = {"": "The whole report", "tables": "Tables", "figures": "Figures"}
"""Titles of folders; other folders have their own names."""


@dataclass(frozen=True)
class FileLink:
    """One file.

    Attributes:
        path: from the page's folder, with `/`.
    """

    path: str

    @property
    def address(self) -> str:
        """The same as a link, whatever letters it holds."""
        return quote(self.path)

    @property
    def kind(self) -> str:
        """What it is, such as `CSV`."""
        suffix = PurePosixPath(self.path).suffix
        return KINDS.get(suffix, suffix.removeprefix(".") or "file")

    @property
    def name(self) -> str:
        """Its name without folder and end."""
        return PurePosixPath(self.path).stem

    @property
    def folder(self) -> str:
        """The folder that it is in; empty beside the page."""
        parent = str(PurePosixPath(self.path).parent)
        return "" if parent == "." else parent

    @property
    def about(self) -> str:
        """What is known of it; empty where its name says it."""
        return ABOUT.get(self.path, "")


@dataclass(frozen=True)
class FileList:
    """All files of a report but the page itself.

    Attributes:
        links: in the order in which they were written.
    """

    links: tuple[FileLink, ...] = ()

    @classmethod
    def of(cls, folder: Path, paths: Iterable[Path]) -> FileList:
        """What lies in a folder."""
        return cls(tuple(FileLink(path.relative_to(folder).as_posix()) for path in paths))

    def beside(self, name: str) -> list[FileLink]:
        """The files of a table or a figure, which have its name."""
        return [link for link in self.links if link.name == name]

    @property
    def groups(self) -> dict[str, dict[str, list[FileLink]]]:
        """Files by title of their folder, then by name: a table's CSV and LaTeX stand together.

        Beside the page each file stands by itself, with its whole name.
        """
        found: dict[str, dict[str, list[FileLink]]] = {}
        for folder in (*GROUPS, *dict.fromkeys(link.folder for link in self.links)):
            here = [link for link in self.links if link.folder == folder]
            if here:
                found[GROUPS.get(folder, folder)] = _by_name(here)
        return found


def _by_name(links: Iterable[FileLink]) -> dict[str, list[FileLink]]:
    found: dict[str, list[FileLink]] = {}
    for link in links:
        found.setdefault(link.name if link.folder else link.path, []).append(link)
    return dict(sorted(found.items()))
