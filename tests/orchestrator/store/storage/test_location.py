"""What may be written after `--store`."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.store.storage import open_storage
from orchestrator.store.storage.s3_location import S3Location


def test_a_path_is_a_folder(tmp_path: Path) -> None:
    assert open_storage(str(tmp_path / "results")).location == str(tmp_path / "results")


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("s3://bucket", S3Location("bucket")),
        ("s3://bucket/a/b/", S3Location("bucket", "a/b")),
        ("s3://bucket/a?region=eu-west-1", S3Location("bucket", "a", region="eu-west-1")),
        (
            "s3://bucket/a?endpoint_override=minio:9000&scheme=http",
            S3Location("bucket", "a", "minio:9000", "http"),
        ),
    ],
)
def test_a_location_comes_back_as_it_was(location: str, place: S3Location) -> None:
    assert S3Location.parse(location) == place
    assert S3Location.parse(str(place)) == place


def test_amazons_endpoint_is_not_spelt_out() -> None:
    place = S3Location("bucket", "a", region="eu-west-1")
    assert place.at("https://s3.eu-west-1.amazonaws.com") == place


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
