"""Counts a text's tokens as CLIP's tokenizer would, from a vocabulary file alone.

A plan needs no more than the number of tokens; the tokenizer itself comes with all of open_clip,
which takes seconds to import.
"""

from __future__ import annotations

import gzip
import html
from itertools import pairwise
from pathlib import Path

import ftfy
import regex

_SPECIAL = ("<start_of_text>", "<end_of_text>")
_MERGES = 49_152 - 256 - 2
"""How many merges of a file CLIP's tokenizer reads at most."""
_WORD = regex.compile(
    "|".join(_SPECIAL) + r"|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    regex.IGNORECASE,
)


class TokenCount:
    """CLIP's byte-pair encoding (Radford et al., 2021), reduced to the number of tokens.

    Args:
        vocabulary: gzipped file with one merge per line, the most frequent first, after a header.
    """

    def __init__(self, vocabulary: Path) -> None:
        lines = gzip.decompress(vocabulary.read_bytes()).decode().split("\n")
        merges = (tuple(line.split()) for line in lines[1 : _MERGES + 1])
        self._ranks = {merge: rank for rank, merge in enumerate(merges)}

    def __call__(self, text: str) -> int:
        """How many tokens a text has, without those that mark its start and end."""
        clean = html.unescape(html.unescape(ftfy.fix_text(text)))
        words = _WORD.findall(" ".join(clean.split()).lower())
        return sum(1 if word in _SPECIAL else self._pieces(word) for word in words)

    def _pieces(self, word: str) -> int:
        """How many symbols of a word are left after all merges, the best ranked first."""
        symbols = [_BYTES[byte] for byte in word.encode()]
        symbols[-1] += "</w>"
        while len(symbols) > 1:
            best = min(pairwise(symbols), key=self._rank)
            if best not in self._ranks:
                break
            symbols = _merged(symbols, best)
        return len(symbols)

    def _rank(self, pair: tuple[str, str]) -> float:
        return self._ranks.get(pair, float("inf"))


def _merged(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    """The symbols with every occurrence of a pair merged into one, from left to right."""
    merged: list[str] = []
    for symbol in symbols:
        if merged and (merged[-1], symbol) == pair:
            merged[-1] += symbol
        else:
            merged.append(symbol)
    return merged


def _byte_symbols() -> list[str]:
    """The character that stands for each byte: itself where it can be seen, else one above 255."""
    hidden = 0
    symbols = []
    for byte in range(256):
        if 33 <= byte <= 126 or 161 <= byte <= 172 or byte >= 174:
            symbols.append(chr(byte))
        else:
            symbols.append(chr(256 + hidden))
            hidden += 1
    return symbols


_BYTES = _byte_symbols()
