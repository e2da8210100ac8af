"""The data root that `--data` names, checked before each dataset is told to be missing from it."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.reach import check_reachable
from benchmarks.datasets.registry import dataset_class
from orchestrator.errors import UserError
from orchestrator.spec.load import SpecSource, load_spec


def check_data_root(spec: SpecSource, overrides: Sequence[str] | None, data: str) -> None:
    """Refuses a data root on S3 that can't be reached, if a spec's datasets are looked up there.

    Raises:
        UserError: there is no such bucket, or it can't be read; or the spec is wrong.
    """
    try:
        root = open_location(data)
        if not root.on_s3:
            return
        loaded = load_spec(spec, overrides or ())
        own = {source.name for source in loaded.own_datasets}
        names = [name for name in loaded.all_datasets if name not in own]
        check_reachable(root, [name for name in names if dataset_class(name).card.folder])
    except DatasetError as error:
        raise UserError(f"--data: {error}") from None
