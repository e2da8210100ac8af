"""Refuses what is larger than a service takes, before anything is computed."""

from collections.abc import Sequence

from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.request import Question
from orchestrator.server.refusals import too_large

TEXTS = 10_000
"""Texts whose tokens are counted in one request."""
LETTERS = 2**20
"""Characters of all class names or templates of a request: splitting long words takes long."""


def check_limits(question: Question, limits: Limits) -> None:
    """Refuses a question that is too large.

    Raises:
        Refusal: says which limit it exceeds.
    """
    images, classes, prompts = question.images, len(question.classes), question.prompts
    check_classes(question.classes, limits)
    texts = [t for one in prompts.ensembles or () for t in one.templates]
    texts += prompts.templates or ()
    _check_texts("templates", texts, limits)
    count = max(question.candidates, len(texts))
    _check("prompts", count, limits.prompts)
    if images.stored:
        _check("stored images", images.count, limits.stored_images)
    else:
        _check("images", images.count, limits.images)
    changed = len(images.pixels) if images.pixels is not None else 1
    if prompts.visual_tokens is not None:
        changed = question.candidates
    _check("prompts times class names", count * classes, limits.work)
    _check("candidates times images", changed * images.count, limits.work)
    _check("scores", question.candidates * images.count * classes, limits.scores)


def check_classes(classes: Sequence[str], limits: Limits) -> None:
    """Refuses class names that are too many or too long.

    Raises:
        Refusal: says which limit they exceed.
    """
    _check("classes", len(classes), limits.classes)
    _check_texts("classes", classes, limits)


def check_words(texts: Sequence[str], limits: Limits) -> None:
    """Refuses to count the tokens of too many texts, or of too long ones.

    Raises:
        Refusal: says which limit they exceed.
    """
    _check("texts", len(texts), TEXTS)
    _check_texts("texts", texts, limits)


def check_set(images: int, limits: Limits) -> None:
    """Refuses a set of too many images.

    Raises:
        Refusal: says how many it may hold.
    """
    _check("images", images, limits.images)


def _check_texts(name: str, texts: Sequence[str], limits: Limits) -> None:
    _check(f"characters in one of the {name}", max(map(len, texts), default=0), limits.text)
    _check(f"characters in all {name}", sum(map(len, texts)), LETTERS)


def _check(what: str, count: int, most: int) -> None:
    if count > most:
        raise too_large(f"{what}: expected at most {most:,} in one request, got {count:,}")
