"""Whether a data root on S3 can be asked for packs at all, before each is told to be missing."""

from collections.abc import Iterable

from benchmarks.datasets.packed.layout import FACTS
from benchmarks.datasets.packed.location import Location, Unreachable


def check_reachable(root: Location, names: Iterable[str]) -> None:
    """Refuses a data root that answers for none of these packs; one on this machine always does.

    Where a user may read some folders of a bucket and not others, one that may be read is enough.

    Raises:
        Unreachable: there is no such bucket, its server doesn't answer, or it denies all of them.
    """
    asked = list(names) if root.on_s3 else []
    if asked:
        root.introduce()
    refused: Unreachable | None = None
    for name in asked:
        try:
            root.child(name).child(FACTS).read()
        except Unreachable as error:
            refused = refused or error
        else:
            return
    if refused is not None:
        raise refused
