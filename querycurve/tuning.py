"""Tunes a prompt in this process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.oracle.backbone import Backbone
    from querycurve.prompt import Prompt

__all__ = ["tune"]


def tune(  # noqa: PLR0913 - all of them are what a person may want to say
    method: str,
    dataset: str | Path | Mapping[str, Any],
    backbone: str | Mapping[str, Any] | Backbone = "pocket",
    budget: int = 500,
    *,
    shots: int = 16,
    seed: int = 1,
    store: str | Path | None = None,
    data: str | Path = "data",
    device: str | None = None,
    progress: bool = True,
    **settings: Any,
) -> Prompt:
    """Tunes a prompt with a number of queries, measures it on the test images, and returns it.

    It runs one cell in this process, exactly as a benchmark would: few-shot images are drawn,
    queries are counted, and test images are looked at only to measure.

    Example:
        >>> import querycurve as qc
        >>> prompt = qc.tune("zip", "pocket_dots", budget=20, shots=1, progress=False)
        >>> prompt.class_names[:2]
        ('one', 'two')
        >>> prompt.record.queries
        20

    Args:
        method: name of a method, such as `zip` or `bar@zip-port`; `querycurve methods` lists them.
        dataset: name of a dataset, or the path of your own images: a folder of class folders or a
            manifest. To give templates too, an entry as in a spec:
            `{"name": "shapes", "path": "shapes", "templates": ["a drawing of a {}."]}`.
        backbone: the model: a name, or fields as in a spec, such as
            `{"model": "ViT-B-32", "pretrained": "laion2b_s34b_b79k"}`.
        budget: queries that may be spent.
        shots: labelled training images per class.
        seed: of the training images and the method.
        store: folder or `s3://` address that keeps results: an equal call is then answered at once,
            and an interrupted one goes on. None keeps nothing.
        data: folder or location that holds the datasets.
        device: `cpu` leaves GPUs alone; None takes a GPU if there is one.
        progress: whether to show how far it is.
        settings: of the method; also `batch_size` and `answers`, and of the spec `augmentation`,
            `views`, `precision`, `evaluation`, `short_classes` and `unreadable`.

    Returns:
        The prompt, with its model in memory.

    Raises:
        UserError: a name or setting is unknown or impossible, data or weights are missing, or the
            method failed.
    """
    from orchestrator.deploy.tuning import Place, spec_of, tuned

    fields = {"backbone": backbone, "budget": budget, "shots": [shots], "seeds": [seed]}
    spec = spec_of(method, dataset, fields, settings)
    return tuned(spec, Place(store, data, device, progress))
