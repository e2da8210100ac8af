"""A tuned prompt with its black box: it answers of any images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from methods.interface import Prompts, PromptSpace, Readout, State
from methods.registry import outside_code
from orchestrator.deploy.black_box import Box
from orchestrator.deploy.images import GivenImages, in_portions
from orchestrator.deploy.parts import Texts, prompts_of, tensors_of
from orchestrator.deploy.rebuilding import check_method, check_trusted, own_encoder, rebuilt
from orchestrator.deploy.record import PromptRecord, Rebuilt
from orchestrator.errors import UserError
from orchestrator.oracle.interface import Batch
from orchestrator.pixels.split import CHUNK, ImageSplit
from orchestrator.trial.trial import answers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

PORTION = 4 * CHUNK
"""Images that are answered at once: a whole number of the chunks in which trials encode."""
_STATE = "state."


@dataclass(frozen=True)
class Kept:
    """What of a prompt lies in a file.

    Attributes:
        record: what it says of itself.
        tensors: its tensors by name; those of a method's state begin with `state.`.
    """

    record: PromptRecord
    tensors: dict[str, Tensor]

    @property
    def own_tensors(self) -> dict[str, Tensor]:
        """Those of the prompt, by name."""
        return {name: one for name, one in self.tensors.items() if not name.startswith(_STATE)}

    @property
    def state_tensors(self) -> dict[str, Tensor]:
        """Those of the method's state, by their names in it."""
        return {
            name.removeprefix(_STATE): one
            for name, one in self.tensors.items()
            if name.startswith(_STATE)
        }


class Prompt:
    """A tuned prompt with the model that it was tuned for: it classifies images.

    Made by `querycurve.load_prompt` and `querycurve.tune`. It answers exactly as the trial that
    tuned it measured, so that on the same test images its accuracy is `accuracy`; on other
    hardware up to the last digits of floats.

    Attributes:
        record: everything that is known of it: class names, texts, preprocessing, backbone, cell.
    """

    def __init__(self, kept: Kept, box: Box, prompts: Prompts, readout: Readout | None) -> None:
        self.record = kept.record
        self._kept = kept
        self._box = box
        self._prompts, self._readout = prompts, readout
        box.oracle.answers, box.oracle.seed = kept.record.answers, kept.record.cell.seed

    @property
    def accuracy(self) -> float | None:
        """Percent of the test images that were right when it was tuned, as its trace says."""
        return self.record.accuracy

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes that it tells apart, by index."""
        return self.record.surroundings.class_names

    def predict(self, images: Any, *, indices: bool = False) -> list[str] | list[int]:
        """The most probable class of each image.

        Args:
            images: paths, Pillow images, or an array `(N, H, W, 3)` of uint8; also a single path or
                Pillow image. They are prepared as the test images were.
            indices: whether to return indices of `class_names` instead of names.

        Returns:
            N names, or N indices, in order.

        Raises:
            UserError: an image can't be read, or they aren't images.
        """
        found = self.scores(images).argmax(axis=-1).tolist()
        if indices:
            return [int(index) for index in found]
        return [self.class_names[index] for index in found]

    def scores(self, images: Any) -> NDArray[np.float32]:
        """The scores of all classes, of which the highest is the answer.

        They are logits, log-probabilities where a service returns those, or what a readout makes of
        them.

        Args:
            images: as in `predict`.

        Returns:
            `(N, C)` float32.

        Raises:
            UserError: as `predict`.
        """
        each = [self._answered(portion) for portion in in_portions(images, PORTION)]
        empty = np.empty((0, len(self.class_names)), dtype=np.float32)
        return np.concatenate([empty, *each])

    def save(self, folder: Path | str) -> None:
        """Writes it into a folder, as `querycurve export` does; `load_prompt` reads it.

        Args:
            folder: an empty or new folder, or one that holds an exported prompt, which is replaced.

        Raises:
            UserError: the folder holds something else, or can't be written.
        """
        from orchestrator.deploy.folder import write_prompt

        write_prompt(self._kept, folder)

    def __repr__(self) -> str:
        """Method, dataset and accuracy."""
        told = "" if self.accuracy is None else f", {self.accuracy:.1f} %"
        return f"<Prompt {self.record.title}, {len(self.class_names)} classes{told}>"

    @torch.inference_mode()
    def _answered(self, portion: list[Any]) -> NDArray[np.float32]:
        scores = [
            answers_of(logits, self._readout).float().cpu()
            for _, logits in self._box.oracle.observe(
                self._prompts, self._batches(portion), as_method=self._readout is not None
            )
        ]
        return torch.cat(scores).numpy()

    def _batches(self, portion: list[Any]) -> Iterator[Batch]:
        """Images as trials measure them: as pixels if they are changed, else encoded first."""
        around = self.record.surroundings
        dataset = GivenImages(portion, upright=around.upright)
        split = ImageSplit(
            dataset, tuple(dataset.items("test")), around.preprocessing, feed=self._box.feed
        )
        if not self._prompts.touches_images:
            yield from self._box.tables(split.some, split.labels, split).batches()
            return
        for images in split.pixels():
            yield Batch(labels=torch.zeros(len(images), dtype=torch.long), images=images)


def prompt_of(record: PromptRecord, state: State | None, box: Box) -> Prompt:
    """A prompt of the method that tuned it, as a trial has left it.

    Args:
        record: what is known of it; what only the method knows is filled in.
        state: the method's final state; None for one that trains nothing.
        box: the black box, of its classes.

    Raises:
        UserError: the method can't be built, or takes no such state.
    """
    cell, planned = record.cell, record.rebuilt.encoder if record.rebuilt else None
    encoder = own_encoder(cell, planned, box.device)
    method = rebuilt(cell, record.surroundings, box.oracle, state, encoder)
    prompts = method.best_prompt() if cell.source is None else method.transferred_prompt()
    readout, pixels = method.readout(), prompts.pixels is not None
    tensors = tensors_of(prompts)
    again = None
    if pixels or readout is not None:
        values = dict(state.values) if state is not None else {}
        again = Rebuilt(
            method_version=method.version,
            method_code=outside_code(type(method)),
            encoder=planned,
            values=values,
        )
    told = record.model_copy(
        update={
            "texts": Texts.of(prompts),
            "pixels": pixels,
            "readout": readout is not None,
            "rebuilt": again,
            "tensors": {name: tuple(tensor.shape) for name, tensor in tensors.items()},
        }
    )
    if again is not None and state is not None:
        tensors |= {f"{_STATE}{name}": tensor for name, tensor in state.tensors.items()}
    return Prompt(Kept(told, tensors), box, prompts, readout)


def prompt_in(kept: Kept, box: Box) -> Prompt:
    """A prompt that lay in a file.

    Raises:
        UserError: it needs its method, of which other code is here, or none, or code that nobody
            has asked for.
    """
    record = kept.record
    _check_fits(record, box.oracle.space)
    if record.rebuilt is None:
        try:
            prompts = prompts_of(kept.tensors, record.texts)
        except ValueError as error:
            raise UserError(f"the stored prompt can't be one: {error}. Export it again.") from None
        return Prompt(kept, box, prompts, None)
    check_trusted(record.cell)
    check_method(record.cell, record.rebuilt.method_version, record.rebuilt.method_code)
    own = kept.state_tensors
    state = State(own, record.rebuilt.values) if own or record.rebuilt.values else None
    return prompt_of(record, state, box)


def _check_fits(record: PromptRecord, space: PromptSpace) -> None:
    """Refuses a model of other shapes, which was not asked to be the same one.

    Raises:
        UserError: names what is other.
    """
    size = record.surroundings.preprocessing.size
    widths = {
        "context tokens": (record.tensors.get("context"), space.text_width),
        "visual tokens": (record.tensors.get("visual_tokens"), space.vision_width),
        "images": (None if record.pixels else (size,), space.image_size),
    }
    for what, (shape, taken) in widths.items():
        if shape is not None and shape[-1] != taken:
            raise UserError(
                f"the prompt doesn't fit this backbone, which takes {what} of {taken or 'no'} "
                f"{'pixels' if what == 'images' else 'numbers'}: it has {shape[-1]}. It was tuned "
                f"for {record.backbone.name!r}."
            )
