"""Texts as rows of token ids, and where in a row soft context goes.

Tokenizers differ in what they put around a text. What one does is found by trying it, so that no
list of tokenizers is needed:

    CLIP      [start] a [end] pad pad pad      soft context after [start]
    T5, Gemma         a [end] pad pad pad      soft context in front
    CLIPA     [start] a   pad pad pad pad      its end looks like padding
    CLIPS     [start] a [end] pad pad [class]  something follows the padding
    GPT       pad pad pad [start] a [end]      no place for soft context
"""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from itertools import groupby, takewhile
from typing import Any

import torch
from torch import Tensor

from orchestrator.oracle.text.overfull import overfull

_TRIED = ["", "a", "a b c"]


@dataclass(frozen=True)
class Layout:
    """What a tokenizer puts around a text.

    Attributes:
        length: ids L of a row.
        start: number of ids before a text.
        pad: the id that fills a row up.
        kept: number of ids that look like padding, but end a text.
        tail: number of ids after the padding.
        in_front: whether rows are filled up in front instead of at the end.
    """

    length: int
    start: int
    pad: int
    kept: int
    tail: int
    in_front: bool

    def padding(self, ids: Tensor) -> Tensor:
        """How many ids of padding `(N,)` each of the rows `(N, L')` can spare."""
        body = ids if self.in_front else ids[:, self.start : ids.shape[1] - self.tail].flip(1)
        run = torch.eq(body, self.pad).int().cumprod(dim=1).sum(dim=1)
        return (run - self.kept).clamp_min(0)


class TokenRows:
    """A tokenizer whose rows can make room for soft context.

    Attributes:
        layout: what the tokenizer puts around a text.
    """

    def __init__(self, tokenizer: Any, device: torch.device) -> None:
        self._tokenizer = tokenizer
        self._device = device
        self.layout = _layout(tokenizer(_TRIED))

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Token ids `(N, L)` of whole texts.

        Raises:
            UserError: a text is longer than a row.
        """
        ids: Tensor = self._tokenizer(list(texts))
        full = torch.eq(self.layout.padding(ids), 0).tolist()
        for text in (text for text, is_full in zip(texts, full, strict=True) if is_full):
            if self._is_cut(text):
                raise overfull(text, self.layout.length)
        return ids.to(self._device)

    def length(self, text: str) -> int:
        """Tokens of a text with those around it; one more than a row has, if it is cut."""
        used = self.layout.length - int(self.layout.padding(self._tokenizer([text])))
        return used + int(used == self.layout.length and self._is_cut(text))

    def words(self, text: str) -> list[int]:
        """Token ids of a text, without what stands around it."""
        row: list[int] = self._tokenizer([text])[0].tolist()
        start = self.layout.start
        return row[start : start + self.length(text) - self.length("")]

    def room(self, ids: Tensor) -> int:
        """The most context tokens that fit into each of the rows `(N, L)`."""
        return int(self.layout.padding(ids).min())

    def make_room(self, ids: Tensor, tokens: int, holder: int) -> Tensor:
        """Rows `(N, L)` with `tokens` ids `holder` before each text, and as much less padding."""
        start, end = self.layout.start, ids.shape[1] - self.layout.tail
        held = ids.new_full((len(ids), tokens), holder)
        return torch.cat((ids[:, :start], held, ids[:, start : end - tokens], ids[:, end:]), dim=1)

    def _is_cut(self, text: str) -> bool:
        """Whether a text that fills its row doesn't fit; taken for cut where that can't be seen."""
        if "context_length" not in signature(self._tokenizer).parameters:
            return True
        longer = self._tokenizer([text], context_length=self.layout.length + 1)
        return not bool(self.layout.padding(longer).item())


def _layout(tried: Tensor) -> Layout:
    empty, word, words = tried.tolist()
    start = next((n for n, pair in enumerate(zip(empty, word, strict=True)) if len({*pair}) > 1), 0)
    first, count = _longest_run(empty)
    pad = empty[first]
    in_front = _leading(word, pad) > _leading(words, pad)
    return Layout(
        length=len(empty),
        start=start,
        pad=pad,
        kept=int(first <= start and not in_front),
        tail=len(empty) - first - count,
        in_front=in_front,
    )


def _leading(ids: list[int], pad: int) -> int:
    """How many ids of padding a row begins with."""
    return len(list(takewhile(lambda id_: id_ == pad, ids)))


def _longest_run(ids: list[int]) -> tuple[int, int]:
    """Where the longest run of an equal id begins, the last one of equals, and its length."""
    runs, first = [], 0
    for _, run in groupby(ids):
        count = len(list(run))
        runs.append((count, first))
        first += count
    count, first = max(runs)
    return first, count
