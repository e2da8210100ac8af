"""What may be written after `--store`."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.store.storage import open_storage


def test_a_path_is_a_folder(tmp_path: Path) -> None:
    assert open_storage(str(tmp_path / "results")).location == str(tmp_path / "results")


def test_a_tilde_is_the_users_home() -> None:
    assert open_storage("~/results").location == str(Path.home() / "results")


def test_a_folder_with_the_name_of_an_address_is_written_with_a_dot() -> None:
    assert open_storage("./s3:/b").location == str(Path.cwd() / "s3:" / "b")


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("ftp://host/folder", "ftp:// is not supported"),
        ("", "the path is empty"),
        ("a\nb", "holds a line break"),
        ("nul\0", "control character"),
        ("not-utf8-\udcff", "is no UTF-8"),
        ("~no-such-user-here/x", "nobody has the home ~no-such-user-here"),
        ("s3:/b", r"s3:/b is no address: expected s3://BUCKET/PREFIX"),
        ("S3:b", r"S3:b is no address: expected s3://BUCKET/PREFIX"),
        ("s3//b", r"s3//b is no address: expected s3://BUCKET/PREFIX"),
        ("s3//b/x?endpoint_override=h:1", r"x\?endpoint_override=h:1 is no address"),
        ("s3://b/../x", r"holds \. or \.\., which mean no folder on S3"),
        ("s3://", "names no bucket"),
        ("s3://b b/x", "'b b' in s3://b b/x can't be a bucket's name"),
        ("s3://host:9000/b", "can't be a bucket's name.* A server is named by"),
        ("gs://b/x", "gs:// is not supported: give a folder or s3://BUCKET/PREFIX"),
        ("hdfs:/b/x", "hdfs:// is not supported"),
        ("file:///x", "file: is not supported: give the folder's path alone"),
        ("s3://b/x?endpoint_override=http://host", "must be HOST or HOST:PORT"),
        ("s3:///folder", "names no bucket"),
        ("s3://bucket/a?regoin=x", "unknown option 'regoin'.*Did you mean: region"),
        ("s3://bucket/a?scheme=ftp", "scheme must be http or https"),
        ("s3://bucket/a?endpoint_override=me:hidden@host:9", "must hold no credentials"),
        ("s3://bucket/a?region=no such", "region must be such as eu-west-1 .*'no such'"),
        ("s3://KEY:hidden@bucket/a", "must hold no credentials"),
    ],
)
def test_what_cannot_be_a_store_is_refused(location: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as refusal:
        open_storage(location)
    assert "hidden" not in str(refusal.value)
