"""What isn't a tensor in the messages of the protocol, as JSON."""

from typing import Annotated

from pydantic import FailFast, Field

from benchmarks.frozen import Frozen
from orchestrator.answers import Answers
from orchestrator.oracle.remote.description import PROTOCOL
from orchestrator.oracle.remote.request import Charge

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Identity = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Fingerprint = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")]
Count = Annotated[int, Field(ge=0, le=2**53)]
"""As many as a float64 counts exactly, so that sums of a run stay whole numbers."""


class StoredForm(Frozen):
    """Images of a stored set."""

    digest: Digest
    rows: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), FailFast()]


class QuestionForm(Frozen):
    """What isn't a tensor in a question.

    Attributes:
        protocol: version of the protocol.
        id: names the question; asked again, it is charged once.
        model: the service's name of the model.
        fingerprint: of the model that is meant; the service refuses if it has another one now.
        label: whom to charge, in the service's ledger.
        classes: class names.
        answers: which answer is wanted.
        templates: hand-written prompts with one `{}` each, averaged; the same for all candidates.
        ensembles: the templates of each candidate.
        stored: images that were sent before, in order.
    """

    protocol: int = PROTOCOL
    id: Identity
    model: Text
    fingerprint: Fingerprint
    label: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,100}$")] = ""
    classes: Annotated[tuple[Text, ...], Field(min_length=1), FailFast()]
    answers: Answers
    templates: Annotated[tuple[Text, ...], FailFast()] = ()
    ensembles: Annotated[
        tuple[Annotated[tuple[Text, ...], Field(min_length=1), FailFast()], ...], FailFast()
    ] = ()
    stored: Annotated[tuple[StoredForm, ...], FailFast()] = ()


class ChargeForm(Frozen):
    """What was charged; see `request.Charge`."""

    requests: Count = 0
    queries: Count = 0
    images: Count = 0
    tokens: Count = 0
    money: Annotated[float, Field(ge=0, le=2**53, allow_inf_nan=False)] | None = None

    @property
    def charge(self) -> Charge:
        """The charge."""
        return Charge(**dict(self))


class ReplyForm(Frozen):
    """What isn't a tensor in a reply."""

    charge: ChargeForm
    fingerprint: Fingerprint
    repeated: bool = False


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
