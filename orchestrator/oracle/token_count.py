"""Counts a text's tokens for a plan, by open_clip's tokenizer without the rest of open_clip."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType


class TokenCount:
    """CLIP's byte-pair encoding (Radford et al., 2021), reduced to the number of tokens.

    Args:
        vocabulary: gzipped file with one merge per line, the most frequent first, after a header.
    """

    def __init__(self, vocabulary: Path) -> None:
        self._tokenizer = _tokenizer_module().SimpleTokenizer(bpe_path=str(vocabulary))

    def __call__(self, text: str) -> int:
        """Tokens of a text, without those that mark its start and end."""
        return len(self._tokenizer.encode(text))


@cache
def _tokenizer_module() -> ModuleType:
    """The module `open_clip.tokenizer`, read by itself.

    An ordinary import of it would run open_clip's `__init__`, which takes seconds for its models.

    Raises:
        ImportError: open_clip is not installed, or keeps its tokenizer elsewhere.
    """
    package = find_spec("open_clip")
    folders = [] if package is None else list(package.submodule_search_locations or [])
    spec = spec_from_file_location("open_clip_tokenizer", Path(*folders[:1]) / "tokenizer.py")
    if not folders or spec is None or spec.loader is None:
        raise ImportError("open_clip is not installed as a package with a tokenizer.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
