"""Blobs as objects of an S3 bucket, at Amazon or at any compatible endpoint.

Conditional requests (`If-None-Match: *` and `If-Match`), which S3 has since 2024, keep two writers
from overwriting each other. Credentials come from boto3's usual chain: environment, profile, role.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)

from benchmarks.s3_address import AddressError, S3Address
from orchestrator.errors import UserError, last_line
from orchestrator.store.storage.interface import (
    Blob,
    BlobMissing,
    Storage,
    StorageUnavailable,
    Version,
)
from orchestrator.store.storage.s3_refusals import refusal

_CREDENTIALS = (CredentialRetrievalError, SSOError, TokenRetrievalError)
_CONFIG: dict[str, Any] = {
    "connect_timeout": 10,
    "max_pool_connections": 16,
    "tcp_keepalive": True,
    # `PatientStorage` does all retrying, where it is limited and reported.
    "retries": {"total_max_attempts": 1},
}
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_PASSING = frozenset(
    {
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "RequestTimeout",
        "TooManyRequests",
        "ConditionalRequestConflict",
        "OperationAborted",
    }
)


class S3Storage(Storage):
    """Blobs as objects below a prefix of a bucket.

    Args:
        address: bucket, prefix and endpoint.
        timeout: seconds without an answer after which a request counts as lost.
    """

    def __init__(self, address: S3Address, timeout: float = 60.0) -> None:
        client = _client(address, timeout)
        # An endpoint from this process's environment must reach the nodes of a cluster.
        try:
            self._address = address.at(client.meta.endpoint_url)
        except AddressError as error:
            raise UserError(f"the store {address} can't be opened: {error}") from None
        self._client = client if self._address == address else _client(self._address, timeout)
        self.location = str(self._address)

    def check_writable(self) -> None:
        """See `Storage.check_writable`.

        Raises:
            UserError: the endpoint has no conditional writes, or refuses to write.
        """
        name = f".probe-{uuid.uuid4().hex}"
        self.write_new(name, b"first")
        second = self.write_new(name, b"second")
        self.delete(name)
        if second is not None:
            raise UserError(
                f"the store {self.location} ignores conditional writes (If-None-Match), so that "
                f"two runs could overwrite each other. Use an endpoint that has them (Amazon S3, "
                f"MinIO, Ceph and others do), or a folder."
            )

    def read(self, name: str) -> bytes:
        return bytes(self._get(name)["Body"])

    def look(self, name: str) -> Blob:
        answer = self._get(name)
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        age = (now - answer["LastModified"]).total_seconds()
        return Blob(answer["Body"], answer["ETag"], max(0.0, age))

    def write(self, name: str, data: bytes) -> None:
        with self._translated(name):
            self._client.put_object(**self._object(name), Body=data)

    def write_new(self, name: str, data: bytes) -> Version | None:
        return self._put_if(name, data, IfNoneMatch="*")

    def replace(self, name: str, data: bytes, version: Version) -> Version | None:
        return self._put_if(name, data, IfMatch=version)

    def names(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(self.sizes(folder)))

    def sizes(self, folder: str) -> dict[str, int]:
        return {name: int(entry["Size"]) for name, entry in self._listed(folder).items()}

    def times(self, folder: str) -> dict[str, float]:
        listed = self._listed(folder).items()
        return {name: float(entry["LastModified"].timestamp()) for name, entry in listed}

    def _listed(self, folder: str) -> dict[str, dict[str, Any]]:
        """What the bucket says of each object directly in a folder, by name."""
        root = self._key("")
        with self._translated(folder):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._address.bucket, Prefix=f"{root}{folder}/", Delimiter="/"
            )
            return {
                entry["Key"].removeprefix(root): entry
                for page in pages
                for entry in page.get("Contents", ())
            }

    def delete(self, name: str, version: Version | None = None) -> None:
        condition = {} if version is None else {"IfMatch": version}
        try:
            with self._translated(name):
                self._client.delete_object(**self._object(name), **condition)
        except (BlobMissing, _ConditionFailed):
            return

    def _put_if(self, name: str, data: bytes, **condition: str) -> Version | None:
        try:
            with self._translated(name):
                answer = self._client.put_object(**self._object(name), Body=data, **condition)
                return str(answer["ETag"])
        except (BlobMissing, _ConditionFailed):
            return None

    def _get(self, name: str) -> Any:
        with self._translated(name):
            answer = self._client.get_object(**self._object(name))
            return {**answer, "Body": answer["Body"].read()}

    def _object(self, name: str) -> dict[str, str]:
        return {"Bucket": self._address.bucket, "Key": self._key(name)}

    def _key(self, name: str) -> str:
        return f"{self._address.prefix}/{name}" if self._address.prefix else name

    @contextmanager
    def _translated(self, name: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise self._meaning(error, name) from None
        except RecursionError:  # boto3 asks for the bucket's region, and is sent elsewhere again
            endpoint = str(self._client.meta.endpoint_url)
            raise refusal(self._address, endpoint, "", "PermanentRedirect", 301) from None
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise UserError(
                f"the store {self.location} needs credentials: {error}. Set AWS_ACCESS_KEY_ID and "
                f"AWS_SECRET_ACCESS_KEY, choose a profile with AWS_PROFILE, or give the machine a "
                f"role."
            ) from None
        except _CREDENTIALS as error:
            raise UserError(
                f"the store {self.location} can't be used: {error}. Renew the credentials, or "
                f"choose others with AWS_PROFILE."
            ) from None
        except SSLError as error:
            if "WRONG_VERSION_NUMBER" not in str(error):
                raise StorageUnavailable(f"{type(error).__name__}: {error}") from None
            raise UserError(
                f"the store {self.location} can't be reached by https: its server speaks http. Add "
                f"&scheme=http to the address."
            ) from None
        except ParamValidationError as error:
            told = last_line(error)
            raise UserError(
                f"the store {self.location} can't be: {told}. Correct the address."
            ) from None
        except (BotoCoreError, HTTPClientError, ConnectionError, TimeoutError) as error:
            raise StorageUnavailable(self._silence(error)) from None

    def _silence(self, error: Exception) -> str:
        """What a lost request means; what boto3 says of it is the request's whole URL."""
        server = str(self._client.meta.endpoint_url)
        if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
            return f"nothing answers at {server}"
        if isinstance(error, ReadTimeoutError | ConnectionClosedError):
            return f"{server} broke off"
        return f"{type(error).__name__}: {last_line(error)}"

    def _meaning(self, error: ClientError, name: str) -> Exception:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code != "NoSuchBucket" and (code in _MISSING or status == 404):
            return BlobMissing(name)
        if code in ("PreconditionFailed", "412") or status == 412:
            return _ConditionFailed(name)
        if code in _PASSING or status >= 500 or status in (409, 429):
            return StorageUnavailable(f"{status} {code}")
        endpoint = str(self._client.meta.endpoint_url)
        return refusal(self._address, endpoint, error.operation_name, code, status)


class _ConditionFailed(Exception):
    """The condition of a request did not hold: another writer was faster."""


def _client(address: S3Address, timeout: float) -> Any:
    # Importing boto3 takes a while, and most stores are folders.
    import boto3

    config = Config(**_CONFIG, read_timeout=timeout)
    if address.endpoint:
        # Other servers rarely have a DNS entry per bucket, and many don't support S3's newer
        # request checksums.
        own: dict[str, Any] = {"request_checksum_calculation": "when_required"}
        config = config.merge(Config(**own, s3={"addressing_style": "path"}))
    try:
        return boto3.session.Session().client(
            "s3", endpoint_url=address.endpoint, region_name=address.region, config=config
        )
    except ProfileNotFound as error:
        raise UserError(
            f"the store {address} can't be opened: {error}. Correct or unset AWS_PROFILE."
        ) from None
    except (BotoCoreError, ValueError) as error:
        raise UserError(f"the store {address} can't be opened: {error}") from None
