"""What may be written after `--store`."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.store.storage import open_storage


def test_a_path_is_a_folder(tmp_path: Path) -> None:
    assert open_storage(str(tmp_path / "results")).location == str(tmp_path / "results")


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("ftp://host/folder", "ftp:// is not supported"),
        ("s3:///folder", "names no bucket"),
        ("s3://bucket/a?regoin=x", "unknown option 'regoin'.*Did you mean: region"),
        ("s3://bucket/a?scheme=ftp", "scheme must be http or https"),
        ("s3://KEY:hidden@bucket/a", "must hold no credentials"),
    ],
)
def test_what_cannot_be_a_store_is_refused(location: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as refusal:
        open_storage(location)
    assert "hidden" not in str(refusal.value)
