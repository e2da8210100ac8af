"""What clients send and get in JSON, apart from what describes a model and a charge."""

from typing import Annotated

from pydantic import FailFast, Field

from benchmarks.frozen import Frozen
from orchestrator.oracle.remote.protocol.wire import Digest, Text


class SpaceRequest(Frozen):
    """Body of `POST /v1/space`: which model, and the class names."""

    model: Text
    classes: Annotated[tuple[Text, ...], Field(min_length=1), FailFast()]


class WordsRequest(Frozen):
    """Body of `POST /v1/words`: which model, and the texts; with `embed`, exactly one."""

    model: Text
    texts: Annotated[tuple[str, ...], Field(min_length=1), FailFast()]
    embed: bool = False


class WordsReply(Frozen):
    """Tokens of each text, in order."""

    counts: Annotated[tuple[Annotated[int, Field(ge=0, le=2**31)], ...], FailFast()]


class ImagesPlace(Frozen):
    """Where a set of images is put: which model, and the digest of the set."""

    model: Text
    digest: Digest


class UsageQuery(Frozen):
    """What `GET /v1/usage` is asked: a label, or nothing for all."""

    label: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,100}$")] = ""
