"""A tokenizer with the conventions of one that can't be had without `transformers` and a download.

It can't stand in for how words are split: a word or a sign is one token here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import torch
from torch import Tensor

VOCABULARY = 1000
_FIRST_WORD = 200
"""Lower ids are free for special tokens."""


@dataclass(frozen=True)
class StandInTokenizer:
    """Rows `[start] words [end] padding [tail]` of one length; long texts are cut, not their end.

    Attributes:
        context_length: length of a row.
        pad: fills rows up.
        start: ids before a text.
        end: ids after it.
        tail: ids after the padding.
    """

    context_length: int
    pad: int
    start: tuple[int, ...] = ()
    end: tuple[int, ...] = ()
    tail: tuple[int, ...] = ()

    def __call__(self, texts: Sequence[str], context_length: int | None = None) -> Tensor:
        length = context_length or self.context_length
        return torch.tensor([self._row(text, length) for text in texts])

    def _row(self, text: str, length: int) -> list[int]:
        room = length - len(self.start) - len(self.end) - len(self.tail)
        words = [self._word(word) for word in re.findall(r"\w+|[^\w\s]", text.lower())][:room]
        padding = [self.pad] * (room - len(words))
        return [*self.start, *words, *self.end, *padding, *self.tail]

    def _word(self, word: str) -> int:
        return _FIRST_WORD + crc32(word.encode()) % (VOCABULARY - _FIRST_WORD)


def stand_ins(length: int, eos: int | None) -> Mapping[str, StandInTokenizer]:
    """A tokenizer of each kind for a model; `eos` is the end that it looks for, if it looks."""
    kinds = {
        "t5, gemma": StandInTokenizer(length, pad=0, end=(1,)),
        "siglip": StandInTokenizer(length, pad=1, end=(1,)),
        "xlm": StandInTokenizer(length, pad=1, start=(0,), end=(2,)),
        "bert": StandInTokenizer(length, pad=0, start=(101,), end=(102,)),
        "bert without its end": StandInTokenizer(length, pad=0, start=(101,), end=(0,)),
        "clips": StandInTokenizer(length, pad=0, start=(1,), end=(2,), tail=(101,)),
    }
    return {name: kind for name, kind in kinds.items() if eos is None or eos in kind.end}
