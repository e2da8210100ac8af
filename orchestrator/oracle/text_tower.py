"""The text side of the oracle: soft contexts or hand-written prompts to class features."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from orchestrator.errors import UserError
from orchestrator.oracle.blocks import Block, Unsupported
from orchestrator.oracle.compiling import Compiler, as_written
from orchestrator.oracle.micro_batches import MicroBatches
from orchestrator.oracle.shared_prefix import SharedPrefix
from orchestrator.oracle.text_transformer import TextTransformer


class TextTower:
    """Encodes prompts for one set of classes with an open_clip text transformer.

    A tower with a causal mask that reads the end-of-text token uses prefix caching: what classes
    share is computed once. Any other tower takes the plain path, which costs many times more, and
    says why. Both give the same features, up to float error.

    Attributes:
        fallback_reason: why the tower takes the plain path; empty when it uses prefix caching.

    Raises:
        UserError: the tower is not a transformer that takes soft context, or a name is too long.
    """

    def __init__(
        self,
        model: nn.Module,
        tokenizer: Any,
        class_names: tuple[str, ...],
        compiler: Compiler = as_written,
    ) -> None:
        self._text = TextTransformer(model)
        self._tokenizer = tokenizer
        self._class_names = class_names
        self._compiler = compiler
        self._device = self._text.token_embedding.weight.device
        self._micro_batches = MicroBatches(self._device)
        self.fallback_reason = ""
        self._blocks: tuple[Block, ...] | None = None
        try:
            self._blocks = self._text.open()
        except Unsupported as reason:
            self.fallback_reason = str(reason)
        self._names = self._tokenize([f"{name}." for name in class_names])
        self._named: SharedPrefix | None = None
        self._templates: dict[tuple[str, ...], Tensor] = {}

    @property
    def width(self) -> int:
        """Width D of a token embedding."""
        return int(self._text.token_embedding.weight.shape[1])

    @property
    def context_tokens(self) -> int:
        """The most context tokens that fit beside the longest class name."""
        return self._text.longest - self._names.shape[1]

    @property
    def embedding_std(self) -> float:
        """Standard deviation of the token embedding table."""
        return float(self._text.token_embedding.weight.float().std())

    def encode_context(self, context: Tensor) -> Tensor:
        """Normalised class features `(K, C, E)` of K soft contexts `(K, T, D)`.

        A context is put between the start-of-text token and each class name.

        Raises:
            UserError: context and longest name exceed the model's context length.
        """
        tokens = context.shape[1]
        if tokens > self.context_tokens:
            raise UserError(
                f"{tokens} context tokens don't fit: the longest class name leaves room for "
                f"{self.context_tokens}. Use fewer context tokens or shorter class names."
            )
        context = context.to(self._device, torch.float32)
        if self._blocks is None:
            return self._micro_batches.run(lambda p: self._plainly(self._names, context, p))
        if self._named is None:
            self._named = self._prefixed(self._names, self._blocks, self._compiler)
        return self._named.encode(context)

    def encode_templates(self, templates: tuple[str, ...]) -> Tensor:
        """Normalised class features `(1, C, E)` of hand-written prompts with `{}` for the name.

        They are averaged over the templates, computed once and remembered.

        Raises:
            UserError: a prompt with its class name fills the model's context length.
        """
        if templates not in self._templates:
            features = torch.stack([self._encode_template(t) for t in templates]).mean(dim=0)
            self._templates[templates] = functional.normalize(features, dim=-1).unsqueeze(0)
        return self._templates[templates]

    def _encode_template(self, template: str) -> Tensor:
        ids = self._tokenize([template.replace("{}", name) for name in self._class_names])
        nothing = torch.empty(1, 0, self.width, device=self._device)
        if self._blocks is None:
            return self._micro_batches.run(lambda p: self._plainly(ids, nothing, p))[0]
        return self._prefixed(ids, self._blocks, as_written).encode(nothing)[0]

    def _prefixed(self, ids: Tensor, blocks: tuple[Block, ...], compiler: Compiler) -> SharedPrefix:
        return SharedPrefix(self._text, blocks, ids, self._micro_batches, compiler)

    def _plainly(self, ids: Tensor, context: Tensor, positions: int) -> Tensor:
        """Features `(K, C, E)` by open_clip's own forward, for every class with every context.

        Args:
            ids: `(C, L)` token ids of the texts without context.
            context: `(K, T, D)`.
            positions: hidden states that are computed at once.
        """
        count, tokens, _ = context.shape
        # Placeholder ids where the context goes, so that pooling finds the end-of-text token.
        holders = ids[:, 1:2].expand(-1, tokens)
        whole = torch.cat((ids[:, :1], holders, ids[:, 1:]), dim=1)
        if self._text.sees_padding:
            whole = functional.pad(whole, (0, self._text.longest - whole.shape[1]))
        embedded = self._text.token_embedding(whole).float()
        pairs = torch.arange(count * len(ids), device=self._device)
        features = []
        for chunk in pairs.split(max(1, positions // whole.shape[1])):
            k, c = chunk // len(ids), chunk % len(ids)
            texts = torch.cat((embedded[c, :1], context[k], embedded[c, 1 + tokens :]), dim=1)
            features.append(self._text.plain(texts, whole[c]))
        return torch.cat(features).reshape(count, len(ids), -1)

    def _tokenize(self, texts: list[str]) -> Tensor:
        """Token ids `(N, L)`, cut after the end-of-text token of the longest text."""
        ids: Tensor = self._tokenizer(texts).to(self._device)
        end = int(self._text.ends(ids).max()) + 1
        if end == self._text.longest:
            longest = max(texts, key=len)
            raise UserError(
                f"the text {longest!r} fills the model's context of {self._text.longest} tokens "
                f"and may have been cut. Shorten the class name or the template."
            )
        return ids[:, :end]
