"""What S3's refusals mean to a user. They don't pass by waiting, so they end a run at once."""

from __future__ import annotations

from benchmarks.s3_address import S3Address
from orchestrator.errors import UserError

_KEYS = (
    "Correct AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or choose a profile "
    "with AWS_PROFILE."
)
_REGION = "the bucket {bucket!r} is in another region. Add ?region=REGION to the address."
_EXPIRED = f"the credentials have expired. Renew them. {_KEYS}"
_MEANINGS = {
    "NoSuchBucket": "there is no bucket {bucket!r} at {server}. Create it, or correct the address.",
    "InvalidBucketName": "{bucket!r} can't be a bucket's name at {server}: Amazon's have 3 to 63 "
    "small letters, digits, dots and hyphens. Correct the address.",
    "InvalidAccessKeyId": f"{{server}} doesn't know the access key. {_KEYS}",
    "SignatureDoesNotMatch": f"{{server}} finds the secret key wrong. {_KEYS}",
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "InvalidToken": f"{{server}} finds the session token wrong. {_KEYS}",
    "RequestTimeTooSkewed": "this machine's clock differs too much from the server's. Set it.",
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "301": _REGION,
    "MovedPermanently": _REGION,
    "NotImplemented": "{server} lacks what a store needs. Use another endpoint, or a folder.",
}


def refusal(address: S3Address, server: str, operation: str, code: str, status: int) -> UserError:
    """The error to show for a refused request.

    Args:
        address: of the store.
        server: URL of the endpoint.
        operation: what was asked, in S3's words.
        code: S3's name for the error.
        status: of HTTP.
    """
    told = _MEANINGS.get(code) or _MEANINGS.get(str(status))
    if told is not None:
        meaning = told.format(bucket=address.bucket, server=server)
        return UserError(f"the store {address} can't be used: {meaning}")
    named = "" if code == str(status) else f" {code}"
    return UserError(
        f"the store {address} refuses {operation}: {status}{named}. Check the credentials and what "
        f"they allow on this bucket."
    )
