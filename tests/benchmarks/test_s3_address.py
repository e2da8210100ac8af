"""Addresses on S3, for stores and data alike."""

from __future__ import annotations

import pytest

from benchmarks.s3_address import S3Address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("s3://bucket", S3Address("bucket")),
        ("s3://bucket/a/b/", S3Address("bucket", "a/b")),
        ("S3://bucket//a//b", S3Address("bucket", "a/b")),
        ("s3://bucket/a b/50%25/c#1/größe&x", S3Address("bucket", "a b/50%25/c#1/größe&x")),
        ("s3://bucket/a?region=eu-west-1", S3Address("bucket", "a", region="eu-west-1")),
        (
            "s3://bucket/a?endpoint_override=minio:9000&scheme=http",
            S3Address("bucket", "a", "minio:9000", "http"),
        ),
    ],
)
def test_an_address_comes_back_as_it_was(text: str, address: S3Address) -> None:
    assert S3Address.parse(text) == address
    assert S3Address.parse(str(address)) == address


def test_amazons_endpoint_is_not_written_out() -> None:
    address = S3Address("bucket", "a", region="eu-west-1")
    assert address.at("https://s3.eu-west-1.amazonaws.com") == address
