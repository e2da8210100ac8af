"""Counts tokens as CLIP's tokenizer does, without loading open_clip and torch for it."""

import gzip
import html
from collections.abc import Callable
from functools import cache
from pathlib import Path

import ftfy
import regex
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

_SPECIAL = ["<start_of_text>", "<end_of_text>"]
_WORDS = (*_SPECIAL, "'s|'t|'re|'ve|'m|'ll|'d", r"[\p{L}]+", r"[\p{N}]", r"[^\s\p{L}\p{N}]+")
_WORD = regex.compile("|".join(_WORDS), regex.IGNORECASE)
_END = "</w>"
_MOST_MERGES = 48_894


@cache
def token_counter(vocabulary: Path) -> Callable[[str], int]:
    """Counts a text's tokens, without those that mark its start and end.

    Byte-pair encoding (Radford et al., 2021) as open_clip's tokenizer does it.

    Args:
        vocabulary: gzipped file with one merge per line, the most frequent first, after a header.
    """
    lines = gzip.decompress(vocabulary.read_bytes()).decode().split("\n")
    pairs = [line.split() for line in lines[1 : _MOST_MERGES + 1]]
    merges = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
    symbols = ByteLevel.alphabet()
    tokens = [*symbols, *(symbol + _END for symbol in symbols), *map("".join, merges)]
    numbers = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(BPE(numbers, merges, end_of_word_suffix=_END))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.add_special_tokens(_SPECIAL)

    def count(text: str) -> int:
        clean = html.unescape(html.unescape(ftfy.fix_text(text)))
        words = _WORD.findall(" ".join(clean.split()).lower())
        return len(tokenizer.encode(words, is_pretokenized=True).ids)

    return count
