"""Counts tokens as CLIP's tokenizer does, without loading open_clip and torch for it."""

import gzip
import html
import zlib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from string import punctuation
from typing import Literal

import ftfy
import regex
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from orchestrator.errors import UserError

_SPECIAL = ["<start_of_text>", "<end_of_text>"]
_WORDS = (*_SPECIAL, "'s|'t|'re|'ve|'m|'ll|'d", r"[\p{L}]+", r"[\p{N}]", r"[^\s\p{L}\p{N}]+")
_WORD = regex.compile("|".join(_WORDS), regex.IGNORECASE)
_END = "</w>"
_MOST_MERGES = 48_894
_UNPUNCTUATED = str.maketrans("", "", punctuation)

Counter = Callable[[str], int]
Clean = Literal["lower", "whitespace", "canonicalize"]
"""What a tokenizer does to a text first; `canonicalize` takes punctuation away."""


def clip_vocabulary() -> Path:
    """CLIP's own merges, which open_clip brings along; it is not imported for that."""
    found = find_spec("open_clip")
    if found is None or found.origin is None:
        raise RuntimeError("open_clip is not installed")
    return Path(found.origin).with_name("bpe_simple_vocab_16e6.txt.gz")


@cache
def token_counter(vocabulary: Path, clean: Clean = "lower") -> Counter:
    """Counts a text's tokens, without those that mark its start and end.

    Byte-pair encoding (Radford et al., 2021) as open_clip's tokenizer does it.

    Args:
        vocabulary: gzipped file with one merge per line, the most frequent first, after a header.
        clean: what is done to a text first.

    Raises:
        UserError: the file can't be read.
    """
    lines = _lines(vocabulary)
    pairs = [line.split() for line in lines[1 : _MOST_MERGES + 1]]
    merges = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
    symbols = ByteLevel.alphabet()
    tokens = [*symbols, *(symbol + _END for symbol in symbols), *map("".join, merges)]
    numbers = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(BPE(numbers, merges, end_of_word_suffix=_END))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.add_special_tokens(_SPECIAL)

    def count(text: str) -> int:
        words = _WORD.findall(_cleaned(text, clean))
        return len(tokenizer.encode(words, is_pretokenized=True).ids)

    return count


def vocabulary_size(vocabulary: Path) -> int:
    """How many ids the tokenizer with these merges uses, from 0.

    Raises:
        UserError: the file can't be read.
    """
    merges = _lines(vocabulary)[1 : _MOST_MERGES + 1]  # open_clip counts an empty last line too
    return 2 * len(ByteLevel.alphabet()) + len(merges) + len(_SPECIAL)


def _lines(vocabulary: Path) -> list[str]:
    try:
        return gzip.decompress(vocabulary.read_bytes()).decode().split("\n")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise UserError(
            f"{vocabulary} is no gzipped list of a tokenizer's merges ({error}). Copy it again "
            f"from where the model comes from."
        ) from None


def _cleaned(text: str, clean: Clean) -> str:
    text = html.unescape(html.unescape(ftfy.fix_text(text)))
    if clean == "canonicalize":
        text = text.strip().replace("_", " ").translate(_UNPUNCTUATED)
    text = " ".join(text.split())
    return text if clean == "whitespace" else text.lower()
