"""What is wrong with a place on S3 is one sentence that says what to do, at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.orchestrator.cli.test_bad_input import assert_refused
from tests.orchestrator.cli.verbs import querycurve, write_spec
from tests.s3_server import S3Server, s3_server, status

DOWN = "s3://bucket/p?endpoint_override=127.0.0.1:9&scheme=http"


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as running:
        yield running


@pytest.fixture
def absent(server: S3Server) -> str:
    return f"s3://absent-bucket/p?endpoint_override={server.host}&scheme=http"


@pytest.mark.parametrize("verb", ["plan", "run", "status", "report", "track"])
def test_a_store_in_a_bucket_that_is_not_there(verb: str, absent: str, tmp_path: Path) -> None:
    said = querycurve(verb, write_spec(tmp_path), "--store", absent)
    assert_refused(said, "there is no bucket 'absent-bucket' at http://127.0.0.1")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_data_in_a_bucket_that_is_not_there(verb: str, absent: str, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, datasets=["pocket_dots", "dtd"])
    said = querycurve(verb, spec, "--store", tmp_path / "store", "--data", absent)
    assert_refused(said, "--data: can't reach s3://absent-bucket?")
    assert_refused(said, "there is no bucket 'absent-bucket' at http://127.0.0.1")
    assert not (tmp_path / "store").exists()


def test_a_spec_of_embedded_datasets_asks_no_server(tmp_path: Path) -> None:
    said = querycurve("plan", write_spec(tmp_path), "--store", tmp_path / "s", "--data", DOWN)
    assert said.code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("verify",),
        ("verify", "dtd"),
        ("pack", "dtd", "--to", "packs"),
    ],
)
def test_datasets_in_a_bucket_that_is_not_there(words: tuple[str, ...], absent: str) -> None:
    said = querycurve("datasets", *words, "--data", absent)
    assert_refused(said, "there is no bucket 'absent-bucket'")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("place", ["absent", "down", "denied"])
def test_packing_to_where_nothing_can_be_written(place: str, absent: str, server: S3Server) -> None:
    to = {"absent": absent, "down": DOWN, "denied": server.bucket()}[place]
    if place == "denied":
        server.every = (1, status("403 Forbidden"))
    try:
        said = querycurve("datasets", "pack", "pocket_dots", "--to", to)
    finally:
        server.every = None
    told = {"absent": "there is no bucket", "down": "doesn't answer", "denied": "denies access to"}
    assert said.code == 2
    assert told[place] in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("403 Forbidden", "denies access to the bucket"),
        ("301 Moved Permanently", "is in another region. Add ?region=REGION"),
        ("400 Bad Request", "may be in another region, or the credentials have expired"),
    ],
)
def test_data_that_the_server_refuses(
    line: str, told: str, server: S3Server, tmp_path: Path
) -> None:
    spec, data = write_spec(tmp_path, datasets=["dtd"]), server.bucket()
    server.every = (1, status(line))
    try:
        for words in (("plan", spec, "--store", tmp_path / "s"), ("datasets", "list")):
            assert_refused(querycurve(*words, "--data", data), told)
    finally:
        server.every = None


def test_a_server_that_is_down_is_told_once_of_all_datasets() -> None:
    with s3_server():
        said = querycurve("datasets", "list", "--data", DOWN)
    assert_refused(said, "http://127.0.0.1:9 doesn't answer. Check the address")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("option", ["--store", "--data"])
@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("s3:/bucket/x", "is no address: expected s3://BUCKET/PREFIX"),
        ("s3://", "names no bucket"),
        ("gs://bucket", "gs:// is not supported: give a folder or s3://BUCKET/PREFIX"),
        ("file:///x", "give the folder's path alone"),
        ("a\nb", "line break"),
        ("", "the path is empty"),
    ],
)
def test_what_names_no_place_is_refused(option: str, place: str, told: str, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, datasets=["dtd"])
    other = ("--data", "data") if option == "--store" else ("--store", tmp_path / "store")
    said = querycurve("plan", spec, option, place, *other)
    assert_refused(said, told)
    assert said.err.count("\n") == 1
