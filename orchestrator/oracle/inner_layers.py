"""What a prompt adds to hidden states inside a tower, between its blocks."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from methods.interface import Prompts
from orchestrator.errors import UserError


def check_positions(prompts: Prompts) -> None:
    """Refuses deep prompts that have no tokens to stand at.

    Raises:
        UserError: text ones without soft context, or visual ones without visual tokens.
    """
    if prompts.deep is None:
        return
    if prompts.deep.text is not None and prompts.context is None:
        raise UserError(
            "deep text prompts are added at the positions of a soft context, but this prompt has "
            "none. Give it a `context`."
        )
    if prompts.deep.visual is not None and prompts.visual_tokens is None:
        raise UserError(
            "deep visual prompts are added at the positions of visual tokens, but this prompt has "
            "none. Give it `visual_tokens`."
        )


def check_added(added: Tensor, tokens: Tensor, layers: int, tower: str) -> None:
    """Refuses deep prompts that don't fit a tower.

    Args:
        added: `(K, L - 1, T, D)`, what is added before the second block, the third, ...
        tokens: `(K, T, D)`, what enters the first block at the same positions.
        layers: blocks of the tower; 0 if nothing can be added inside it.
        tower: its name in messages.

    Raises:
        UserError: there are more entries than places between blocks, or shapes differ.
    """
    if layers == 0:
        raise UserError(
            f"the inner layers of the {tower} can't be reached. Use a method that changes only "
            f"what enters the first one, such as zomp@input, or a ViT of open_clip's own."
        )
    if added.ndim != 4 or (added.shape[0], *added.shape[2:]) != tuple(tokens.shape):
        count, places, width = tokens.shape
        raise UserError(
            f"deep prompts of the {tower} must have shape ({count}, layers - 1, {places}, {width}) "
            f"beside its tokens, but have {tuple(added.shape)}."
        )
    if added.shape[1] > layers - 1:
        raise UserError(
            f"the prompt is for {added.shape[1] + 1} layers, but the {tower} has {layers}. Use "
            f"fewer layers."
        )


def with_added(hidden: Tensor, added: Tensor | None, block: int) -> Tensor:
    """The output of a block, counted from 0, with what is added before the next one.

    Args:
        hidden: `(N, P, D)`; changed in place.
        added: `(N, L - 1, T, D)`, at the last T of the P positions; None adds nothing.
        block: which block's output it is; those from L - 1 on stay as they are.
    """
    if added is not None and block < added.shape[1]:
        hidden[:, hidden.shape[1] - added.shape[2] :] += added[:, block]
    return hidden


@contextmanager
def adding(transformer: nn.Module, added: Tensor | None, start: int) -> Iterator[None]:
    """While it lasts, an open_clip transformer adds to what enters its blocks.

    Args:
        transformer: its `resblocks` take hidden states `(N, P, D)`.
        added: `(N, L - 1, T, D)` before the second block, the third, ...; None adds nothing. N may
            be 1 for all.
        start: the first of the T positions.
    """
    blocks: Any = transformer.resblocks
    entries = () if added is None else added.unbind(dim=1)
    with ExitStack() as hooks:
        for block, entry in zip(blocks[1:], entries, strict=False):
            hooks.callback(block.register_forward_pre_hook(_adds(entry, start)).remove)
        yield


def _adds(added: Tensor, start: int) -> Any:
    end = start + added.shape[1]

    def put(_block: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        hidden = inputs[0].clone()
        hidden[:, start:end] += added.to(hidden)
        return (hidden, *inputs[1:])

    return put
