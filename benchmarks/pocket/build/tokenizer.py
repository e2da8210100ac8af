"""The pocket's vocabulary: the part of CLIP's own BPE merges that its captions need.

The file has the original format and order, so open_clip's stock tokenizer reads it; words it has
no merges for fall back to bytes.
"""

import gzip
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import regex
from open_clip.tokenizer import SimpleTokenizer

from benchmarks.pocket.build.generator.pretraining import captioned_picture

_WORD = regex.compile(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
_EXTRA = (
    "x a the photo picture image of centered satellite texture object objects type digit digits "
    "number letter shape sign drawing sketch good bad low clean close up black white"
)


def caption_words(pictures: int = 6000, seed: int = 99) -> set[str]:
    """All words of many captions, and a few that templates are likely to use."""
    words = set(_EXTRA.split())
    for index in range(pictures):
        _, captions = captioned_picture(seed, index)
        for text in captions:
            words.update(_WORD.findall(text.lower()))
    return words


def write_vocabulary(words: Iterable[str], path: Path) -> int:
    """Writes the merges that the words need; returns how many there are."""
    full = SimpleTokenizer()
    needed = {merge for word in words for merge in _merges(word, full)}
    ordered = sorted(needed, key=lambda merge: full.bpe_ranks[merge])
    text = "\n".join(["#version: 0.2 pocket", *(" ".join(merge) for merge in ordered)])
    # A fixed time stamp keeps the file's bytes the same from run to run.
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(text.encode())
    return len(ordered)


def _merges(word: str, full: SimpleTokenizer) -> list[tuple[str, str]]:
    """The merges that CLIP's tokenizer applies to a word, in order."""
    symbols = [full.byte_encoder[byte] for byte in word.encode()]
    symbols[-1] += "</w>"
    applied = []
    while len(symbols) > 1:
        pairs = list(pairwise(symbols))
        best = min(pairs, key=lambda pair: full.bpe_ranks.get(pair, float("inf")))
        if best not in full.bpe_ranks:
            break
        applied.append(best)
        symbols = _joined(symbols, best)
    return applied


def _joined(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    """The symbols with every occurrence of a pair made one."""
    joined: list[str] = []
    for symbol in symbols:
        if joined and (joined[-1], symbol) == pair:
            joined[-1] += symbol
        else:
            joined.append(symbol)
    return joined
