"""A bucket as a storage, on a server that also fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.fs
import pytest

from benchmarks.s3_address import S3Address
from orchestrator.errors import UserError
from orchestrator.store.storage import (
    Patience,
    PatientStorage,
    Storage,
    StorageDown,
    StorageUnavailable,
    open_storage,
)
from orchestrator.store.storage.s3 import S3Storage
from tests.conformance.storage_suite import StorageSuite
from tests.s3_server import Fault, S3Server, reset, s3_server, slow, status

HASTY = Patience(limit=0.5, introduction=0.5, first_wait=0.01, quiet=0)


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as running:
        yield running


@pytest.fixture(scope="module")
def opened(server: S3Server) -> S3Storage:
    """A bucket, opened once: that takes longer than most tests."""
    return S3Storage(S3Address.parse(server.bucket()))


@pytest.fixture
def storage(server: S3Server, opened: S3Storage) -> S3Storage:
    server.empty(opened.location)
    return opened


class TestS3Storage(StorageSuite):
    @pytest.fixture
    def storage(self, server: S3Server, opened: S3Storage) -> Storage:
        server.empty(opened.location)
        return opened


@pytest.mark.fault
class TestS3StorageThatFailsNowAndThen(StorageSuite):
    """The same through a patient one: every fourth request is answered with an error."""

    @pytest.fixture
    def storage(self, server: S3Server) -> Iterator[Storage]:
        location = server.bucket()
        server.every = (4, status("503 Slow Down"))
        yield open_storage(location, Patience(limit=20, first_wait=0.001))
        server.every = None


@pytest.mark.fault
@pytest.mark.parametrize(
    "fault", [status("500 Internal Server Error"), status("503 Slow Down"), reset, slow(1)]
)
def test_what_passes_is_told_from_what_is_missing(fault: Fault, server: S3Server) -> None:
    storage = S3Storage(S3Address.parse(server.bucket()), timeout=0.3)
    server.faults.append(fault)
    try:
        with pytest.raises(StorageUnavailable):
            storage.read("r/k")
    finally:
        server.faults.clear()


def test_a_bucket_that_is_not_there_is_refused_by_name(server: S3Server) -> None:
    location = S3Address("no-such-bucket", host=server.host, scheme="http")
    with pytest.raises(UserError, match=r"no bucket 'no-such-bucket' at http://127\.0\.0\.1"):
        S3Storage(location).check_writable()


def answer(line: str, code: str) -> Fault:
    """An error as S3 tells it."""

    def fault(_app: Any, _environ: Any, start: Any) -> Iterable[bytes]:
        start(line, [("Content-Type", "application/xml")])
        return [f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()]

    return fault


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("403 Forbidden", "AccessDenied", "refuses GetObject: 403 AccessDenied. Check the cred"),
        ("403 Forbidden", "InvalidAccessKeyId", "doesn't know the access key. Correct AWS_"),
        ("403 Forbidden", "SignatureDoesNotMatch", "finds the secret key wrong. Correct AWS_"),
        ("400 Bad Request", "ExpiredToken", "the credentials have expired. Renew them"),
        ("400 Bad Request", "InvalidBucketName", "can't be a bucket's name at http://127.0.0.1"),
        ("301 Moved Permanently", "PermanentRedirect", "is in another region. Add ?region="),
        ("400 Bad Request", "AuthorizationHeaderMalformed", "is in another region. Add ?region="),
        ("404 Not Found", "NoSuchBucket", "there is no bucket 'bucket-"),
    ],
)
def test_what_no_waiting_mends_ends_at_once_and_says_what_does(
    line: str, code: str, message: str, server: S3Server, storage: S3Storage
) -> None:
    server.every = (1, answer(line, code))
    try:
        with pytest.raises(UserError) as refused:
            PatientStorage(storage, HASTY).read("r/k")
    finally:
        server.every = None
    assert not isinstance(refused.value, StorageDown)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "endpoint", ["garbage", "http://", "ftp://host", "http://a b", "http://[::1"]
)
def test_an_endpoint_that_is_no_url_of_a_server_is_refused(
    endpoint: str, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(UserError, match="AWS_ENDPOINT_URL must be http://HOST:PORT"):
        open_storage("s3://bucket/x")


def test_a_server_without_tls_is_told_at_once(server: S3Server) -> None:
    storage = open_storage(server.bucket().replace("scheme=http", "scheme=https"), HASTY)
    with pytest.raises(UserError, match=r"its server speaks http\. Add .scheme=http") as refused:
        storage.read("r/k")
    assert not isinstance(refused.value, StorageDown)


def test_a_refusal_is_not_waited_for(server: S3Server, storage: S3Storage) -> None:
    server.faults.append(status("403 Forbidden"))
    with pytest.raises(UserError, match="refuses GetObject: 403"):
        storage.read("r/k")


def test_an_endpoint_without_conditional_writes_is_refused(
    storage: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_put_if", lambda *_, **__: '"some-version"')
    with pytest.raises(UserError, match="ignores conditional writes"):
        storage.check_writable()


@pytest.mark.fault
def test_a_server_that_never_answered_is_not_waited_for_long() -> None:
    location = "s3://bucket?endpoint_override=127.0.0.1:9&scheme=http"
    with s3_server(), pytest.raises(UserError, match=r"127\.0\.0\.1:9.* did not answer") as told:
        open_storage(location, HASTY).check_writable()
    assert "(nothing answers at http://127.0.0.1:9). It has not answered once" in str(told.value)


def test_a_profile_that_is_not_there_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such")
    with pytest.raises(UserError, match=r"\(no-such\) could not be found\. Correct or unset"):
        open_storage("s3://bucket")


def test_no_credentials_are_said_to_be_missing(
    storage: S3Storage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(UserError, match="needs credentials"):
        open_storage(storage.location, HASTY).check_writable()


def test_an_endpoint_from_the_environment_is_part_of_the_location(
    server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = S3Address.parse(server.bucket())
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{server.host}")
    storage = open_storage(f"s3://{address.bucket}/{address.prefix}")
    storage.write("r/k", b"here")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert open_storage(storage.location).read("r/k") == b"here"


def test_pyarrow_opens_the_same_location(server: S3Server, storage: S3Storage) -> None:
    storage.write("r/k", b"here")
    files, path = pyarrow.fs.FileSystem.from_uri(storage.location)
    with files.open_input_stream(f"{path}/r/k") as stream:
        assert stream.read() == b"here"
