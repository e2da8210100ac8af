"""What errors of file systems mean to a user, in a sentence that says what to do."""

import re

from benchmarks.s3_address import AddressError, S3Address

_CODE = re.compile(r"AWS Error ([A-Z_]+)(?: \(HTTP status (\d+)\))? during")
_CREDENTIALS = (
    "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile in "
    "AWS_PROFILE"
)
_MEANINGS = {
    "NO_SUCH_BUCKET": "there is no bucket {bucket!r} at {server}. Create it, or correct the "
    "address.",
    "ACCESS_DENIED": "{server} denies access to the bucket {bucket!r}, or there are no credentials "
    f"for it. {_CREDENTIALS}, and what they allow.",
    "INVALID_ACCESS_KEY_ID": f"{{server}} doesn't know the access key. {_CREDENTIALS}.",
    "SIGNATURE_DOES_NOT_MATCH": f"{{server}} finds the secret key wrong. {_CREDENTIALS}.",
    "EXPIRED_TOKEN": f"the credentials have expired. {_CREDENTIALS}.",
    "INVALID_CLIENT_TOKEN_ID": f"{{server}} doesn't know the credentials. {_CREDENTIALS}.",
    "NETWORK_CONNECTION": "{server} doesn't answer. Check the address (endpoint_override, "
    "AWS_ENDPOINT_URL) and the network.",
    "301": "the bucket {bucket!r} is in another region. Add ?region=REGION to the address, or set "
    "AWS_REGION.",
    "400": "{server} takes the request for wrong: the bucket {bucket!r} may be in another region, "
    f"or the credentials have expired. Add ?region=REGION to the address. {_CREDENTIALS}.",
}
_ALIASES = {
    "INVALID_TOKEN": "EXPIRED_TOKEN",
    "REQUEST_EXPIRED": "EXPIRED_TOKEN",
    "UNRECOGNIZED_CLIENT": "INVALID_CLIENT_TOKEN_ID",
    "MISSING_AUTHENTICATION_TOKEN": "ACCESS_DENIED",
    "403": "ACCESS_DENIED",
}
_NAMED_IN_TEXT = {
    "ExpiredToken": "EXPIRED_TOKEN",
    "InvalidToken": "EXPIRED_TOKEN",
    "PermanentRedirect": "301",
    "AuthorizationHeaderMalformed": "301",
}


def meaning(error: BaseException, uri: str) -> str:
    """One or two sentences on an error at a path or an `s3://` address."""
    if "://" not in uri:
        return f"{_reason(error)}. Check the path, its permissions and the space left there."
    try:
        address = S3Address.parse(uri)
    except AddressError:
        return f"{_reason(error)}."
    told = _MEANINGS.get(_code(str(error)))
    if told is None:
        return f"{_reason(error)}."
    server = address.endpoint or "Amazon S3"
    return told.format(bucket=address.bucket, server=server)


def is_of_server(error: BaseException) -> bool:
    """Whether an error came from a server, and not from what a file holds."""
    return "AWS Error" in str(error)


def no_bucket(address: S3Address) -> str:
    """What to say where a bucket isn't there."""
    server = address.endpoint or "Amazon S3"
    return _MEANINGS["NO_SUCH_BUCKET"].format(bucket=address.bucket, server=server)


def _code(text: str) -> str:
    """The error's name, or the HTTP status where it has none."""
    found = _CODE.search(text)
    if found is None:
        return ""
    for name, code in _NAMED_IN_TEXT.items():
        if name in text:
            return code
    name, status = found.groups()
    code = status if name == "UNKNOWN" and status else name
    return _ALIASES.get(code, code)


def _reason(error: BaseException) -> str:
    """The first line of what an error says, without numbers of its kind."""
    if isinstance(error, OSError) and error.strerror and error.errno:
        text = error.strerror
        detail = re.search(r"Detail: \[errno \d+\] (.+)$", text.splitlines()[0])
        return (detail.group(1) if detail else text.splitlines()[0]).rstrip(". ")
    lines = str(error).strip().splitlines() or [type(error).__name__]
    detail = re.search(r"Detail: \[errno \d+\] (.+)$", lines[0])
    return (detail.group(1) if detail else lines[0]).rstrip(". ")
