"""How long class texts are for a backbone's tokenizer, before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone
from orchestrator.oracle.text.config import tokenizer_name
from orchestrator.oracle.text.overfull import overfull
from orchestrator.oracle.text.token_count import (
    Clean,
    Counter,
    clip_vocabulary,
    token_counter,
    vocabulary_size,
)

if TYPE_CHECKING:
    from torch import Tensor

_AROUND = len(("[start]", "[end]"))
_JOINED = 2
"""Tokens that a text may have less than its parts: `!` and `.` are two, and `!.` is one."""


class TextLengths:
    """Counts the tokens of texts, where the tokenizer can be had without a download.

    Attributes:
        limit: the longest text that the model takes, in tokens.
    """

    def __init__(self, backbone: ResolvedBackbone) -> None:
        self._backbone = backbone
        self._text: dict[str, Any] = backbone.config["text_cfg"]
        self._known: dict[tuple[str, ...], list[str]] = {}
        self.limit = int(self._text.get("context_length", 77))

    @property
    def note(self) -> str:
        """What a plan should say where texts can't be counted; else empty."""
        if self._count is not None:
            return ""
        return (
            f"backbone {self._backbone.label!r}: class names are not counted in tokens yet, as its "
            f"tokenizer {tokenizer_name(self._backbone)!r} isn't on this machine; a name that is "
            f"too long is found when a run starts"
        )

    def room(self, class_names: Sequence[str]) -> int:
        """The most context tokens that fit beside the longest class name, or beside any."""
        if self._count is None or not class_names:
            return self.limit - _AROUND - 1
        return max(0, self.limit - max(self._count(f"{name}.") for name in class_names))

    def count(self, text: str) -> int:
        """Tokens of a text, without those around it; its words, where they can't be counted."""
        if self._count is None:
            return len(text.split())
        return self._count(text) - self._count("")

    def embed(self, text: str) -> Tensor:
        """What `methods.interface.Words` promises of a loaded model, which this isn't.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"the words {text!r} have no embeddings before a model is loaded")

    def check(self, templates: Sequence[str], class_names: Sequence[str]) -> None:
        """Refuses templates that are too long with any class name.

        Raises:
            UserError: the model would see them cut.
        """
        if self._count is None or not class_names:
            return
        for template, name in product(templates, self._longest(tuple(class_names))):
            text = template.replace("{}", name)
            if self._count(text) > self.limit:
                raise overfull(text, self.limit)

    def _longest(self, class_names: tuple[str, ...]) -> list[str]:
        """The names that may make the longest text: a template joins tokens of some of them."""
        if class_names not in self._known:
            count = self._count or len
            counts = {name: count(name) for name in class_names}
            most = max(counts.values())
            found = [name for name in class_names if counts[name] >= most - _JOINED]
            self._known[class_names] = found
        return self._known[class_names]

    @cached_property
    def _count(self) -> Counter | None:
        """Tokens of a text with those around it; None if that takes a download."""
        if tokenizer_name(self._backbone):
            return self._fetched_counter()
        stated = self._text.get("tokenizer_kwargs") or {}
        clean: Clean = stated.get("clean", "lower")
        if clean not in get_args(Clean):
            raise UserError(
                f"backbone {self._backbone.label!r}: its tokenizer's `clean` must be one of "
                f"{', '.join(get_args(Clean))}, but is {clean!r}."
            )
        vocabulary = self._backbone.vocabulary or clip_vocabulary()
        self._check_vocabulary(vocabulary)
        count = token_counter(vocabulary, clean)
        return lambda text: count(text) + _AROUND

    def _fetched_counter(self) -> Counter | None:
        from orchestrator.oracle.loading import fetched_tokenizer

        tokenizer = fetched_tokenizer(self._backbone)
        if tokenizer is None:
            return None
        import torch

        from orchestrator.oracle.text.token_rows import TokenRows

        rows = TokenRows(tokenizer, torch.device("cpu"))
        return rows.length

    def _check_vocabulary(self, vocabulary: Path) -> None:
        known = int(self._text.get("vocab_size", 49408))
        made = vocabulary_size(vocabulary)
        if made > known:
            raise UserError(
                f"backbone {self._backbone.label!r}: its tokenizer makes {made} different tokens, "
                f"but the model knows {known}. Put the model's own bpe.txt.gz into its folder."
            )
