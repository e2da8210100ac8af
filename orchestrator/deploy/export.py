"""Exports the prompt of a cell in a store, and loads it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.deploy.black_box import found_backbone, open_box
from orchestrator.deploy.folder import read_prompt
from orchestrator.deploy.from_store import Data, stored
from orchestrator.deploy.prompt import Prompt, prompt_in, prompt_of

if TYPE_CHECKING:
    from orchestrator.oracle.backbone import Backbone
    from orchestrator.store.store import Store


def prompt_from_store(
    store: Store,
    key: str,
    data: Data | None = None,
    backbone: str | Backbone | dict[str, Any] | None = None,
    device: str | None = None,
) -> Prompt:
    """The prompt of a finished cell, with its model.

    Args:
        store: holds the cell's result.
        key: the cell's key.
        data: where datasets are, for results of releases that didn't keep names of classes.
        backbone: where the model is that it was tuned for; None finds it by its name.
        device: where the model computes; None takes a GPU if there is one.

    Raises:
        UserError: it can't be exported; says why, and what to do.
    """
    found = stored(store, key, data or Data())
    record = found.record
    model = found_backbone(record.backbone, backbone, check=True)
    box = open_box(model, record.surroundings.class_names, record.cell.precision, device)
    return prompt_of(record, found.state, box)


def load_prompt(
    folder: Path | str,
    *,
    backbone: str | Backbone | dict[str, Any] | None = None,
    check_backbone: bool = True,
    device: str | None = None,
) -> Prompt:
    """A prompt that `querycurve export` or `Prompt.save` wrote, with its model in memory.

    The folder holds numbers and texts, no program, and nothing of it is run. A prompt that changes
    pixels, or has a readout, is made again by its method: one of your own must be imported before,
    or be offered by an installed package.

    Example:
        >>> import querycurve as qc
        >>> prompt = qc.load_prompt("prompts/dots")  # doctest: +SKIP
        >>> prompt.predict(["a.png", "b.png"])  # doctest: +SKIP
        ['seven dots', 'two dots']

    Args:
        folder: where it was written.
        backbone: where the model is, if it isn't found by its name: another name, a
            `local-dir:FOLDER`, or fields as in a spec, such as `{"model": "ViT-B-16-quickgelu",
            "pretrained": "weights.pt"}` or `{"model": "clip", "service": "https://..."}`.
        check_backbone: whether a model with another fingerprint is refused.
        device: where the model computes, such as `cpu`; None takes a GPU if there is one.

    Raises:
        UserError: there is no prompt in the folder, it is damaged, or its model isn't here or is
            another one.
    """
    kept = read_prompt(folder)
    record = kept.record
    model = found_backbone(record.backbone, backbone, check=check_backbone)
    box = open_box(model, record.surroundings.class_names, record.cell.precision, device)
    return prompt_in(kept, box)
