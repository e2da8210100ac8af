"""How many text tokens a question makes the model read; what was counted once is remembered."""

import hashlib
import json
from collections import OrderedDict
from typing import Any

from methods.interface import Words
from orchestrator.oracle.remote.request import Question

_TEMPLATES_KEPT = 4096
"""Templates with a list of class names whose tokens are remembered, as one number each."""
_WORDS_KEPT = 20_000
"""Words that a tokenizer may remember."""


class TextTokens:
    """Counts tokens without those that mark a text's start and end.

    Args:
        words: counts those of one text.
    """

    def __init__(self, words: Words) -> None:
        self._words = words
        self._known: OrderedDict[tuple[str, bytes], int] = OrderedDict()

    def of(self, question: Question) -> int:
        """Tokens of all texts that the candidates of a question give the model."""
        names, prompts = _Names(question.classes), question.prompts
        if prompts.context is not None:
            context = prompts.context.shape[1]
            each = context * len(question.classes) + self._filled("{}", names)
            return question.candidates * each
        if prompts.ensembles is not None:
            return sum(self._filled(t, names) for one in prompts.ensembles for t in one.templates)
        read = sum(self._filled(template, names) for template in prompts.templates or ())
        return question.candidates * read

    def _filled(self, template: str, names: "_Names") -> int:
        """Tokens of a template with each of the class names."""
        key = (template, names.digest)
        if key not in self._known:
            texts = (template.replace("{}", name) for name in names.texts)
            self._known[key] = sum(self._words.count(text) for text in texts)
        self._known.move_to_end(key)
        if len(self._known) > _TEMPLATES_KEPT:
            self._known.popitem(last=False)
        return self._known[key]


class _Names:
    """Class names, with a digest that stands for them: they may be very many and long."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.texts = texts
        self.digest = hashlib.sha256(json.dumps(texts).encode()).digest()


def forget_words(tokenizer: Any) -> None:
    """Empties the memory of open_clip's tokenizer once it holds very many words.

    It keeps every word that it has ever split, and strangers may send any.
    """
    known = getattr(tokenizer, "cache", None)
    if not isinstance(known, dict) or len(known) <= _WORDS_KEPT:
        return
    for word in [word for word, pieces in known.items() if word != pieces]:  # but special tokens
        del known[word]
