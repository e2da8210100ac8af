"""What lies in a folder in place of class folders, and what to do about it."""

from collections.abc import Iterable

from benchmarks.datasets.class_names import shown
from benchmarks.datasets.folders import OWN, strays
from benchmarks.datasets.looking import contents
from benchmarks.datasets.tree.folder import Folder

ARCHIVES = (
    ".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".gz", ".xz", ".bz2", ".7z", ".rar",
)  # fmt: skip
MANIFESTS = (".csv", ".tsv", ".parquet", ".pq")


def hint(folder: Folder, parts: Iterable[str]) -> str:
    """A sentence for a user whose folder holds fewer than two classes; "" if nothing stands out.

    Args:
        folder: the dataset's.
        parts: the folders in it that should hold class folders, "." for itself.
    """
    bare = [part for part in parts if strays(folder / part, OWN)]
    if bare:
        places = shown("it" if part == "." else f"{part}/" for part in bare)
        return f" Images lie directly in {places}: put each into a folder of its class."
    files = sorted(name for name, inner in contents(folder.path) if not inner)
    for name in files:
        if name.lower().endswith(MANIFESTS):
            return f" If {name} lists the images, give it as the path."
        if name.lower().endswith(ARCHIVES):
            return f" Unpack {name} first."
    return ""
