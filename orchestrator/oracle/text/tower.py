"""The text side of the oracle: soft contexts or hand-written prompts to class features."""

from collections import OrderedDict
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.interface import Ensemble
from orchestrator.errors import UserError
from orchestrator.oracle.blocks import Block, Unsupported
from orchestrator.oracle.compiling import Compiler, as_written
from orchestrator.oracle.inner_layers import check_added
from orchestrator.oracle.micro_batches import MicroBatches
from orchestrator.oracle.text.shared_prefix import SharedPrefix, Texts
from orchestrator.oracle.text.token_rows import TokenRows
from orchestrator.oracle.text.transformer import TextTransformer

_TEMPLATES_KEPT = 256
"""Templates whose features are remembered, and as many averages; 2 MB each for 1,000 classes."""


class TextTower:
    """Encodes prompts for one set of classes with the text tower of an open_clip model.

    Features are those of open_clip's `encode_text`, up to float error, for every tower:

    - A tower with a causal mask that reads the end-of-text token (CLIP, EVA, PE, worldwide) uses
      prefix caching: what classes share is computed once.
    - Any other one takes the plain path, open_clip's own forward on whole rows, which costs many
      times more, and says why: towers without a mask (SigLIP, CLIPA, some MobileCLIP), that read
      the last or the first position, or a class token (CoCa), or whose blocks are of another kind.
    - A Hugging Face tower encodes templates so, but takes no soft context.

    A soft context stands after the start-of-text token, or in front where the tokenizer has none,
    in place of padding: rows keep their length.

    Attributes:
        fallback_reason: why the tower takes the plain path; empty when it uses prefix caching.

    Raises:
        UserError: the tower doesn't make one feature of a text, or a name is too long.
    """

    def __init__(
        self,
        model: nn.Module,
        tokenizer: Any,
        class_names: tuple[str, ...],
        compiler: Compiler = as_written,
    ) -> None:
        self._text = TextTransformer(model)
        self._class_names = class_names
        self._compiler = compiler
        self._device = next(iter(model.parameters())).device
        self._micro_batches = MicroBatches(self._device)
        self._rows = TokenRows(tokenizer, self._device)
        self._names = self._rows([f"{name}." for name in class_names])
        self.fallback_reason = ""
        self._blocks: tuple[Block, ...] | None = None
        try:
            self._blocks = self._open(self._names)
        except Unsupported as reason:
            self.fallback_reason = str(reason)
        self._named: SharedPrefix | None = None
        self._templates: OrderedDict[tuple[str, ...], Tensor] = OrderedDict()
        self._single: OrderedDict[str, Tensor] = OrderedDict()

    @property
    def refusal(self) -> str:
        """Why the tower takes no soft context; empty if it does."""
        if not self._text.takes_context:
            return f"the text tower {self._text.kind} has no token embeddings of open_clip's"
        if self._rows.layout.in_front:
            return "its tokenizer puts padding before a text"
        return ""

    @property
    def width(self) -> int:
        """Width D of a token embedding; 0 if the tower takes no soft context."""
        return 0 if self.refusal else int(self._text.token_embedding.weight.shape[1])

    @property
    def layers(self) -> int:
        """Blocks between which deep prompts can be added; 0 if the tower takes no soft context."""
        return 0 if self.refusal else self._text.layers

    @property
    def context_tokens(self) -> int:
        """The most context tokens that fit beside the longest class name."""
        if self.refusal:
            return 0
        spare = self._text.spare(self._names, self._rows.layout.tail)
        return min(self._rows.room(self._names), spare)

    @property
    def embedding_std(self) -> float:
        """Standard deviation of the token embedding table; 0 if the tower takes no soft context."""
        return 0.0 if self.refusal else float(self._text.token_embedding.weight.float().std())

    @property
    def remembered_bytes(self) -> int:
        """Memory of what it has computed and kept for later prompts."""
        kept = sum(one.nbytes for held in (self._templates, self._single) for one in held.values())
        return kept + (0 if self._named is None else self._named.remembered_bytes)

    def encode_context(self, context: Tensor, deep: Tensor | None = None) -> Tensor:
        """Normalised class features `(K, C, E)` of K soft contexts.

        A context is put between the start-of-text token, if there is one, and each class name.

        Args:
            context: `(K, T, D)`.
            deep: `(K, L - 1, T, D)`, added at its positions before the second block, the third,
                ...; None adds nothing.

        Raises:
            UserError: context and longest name exceed the model's context length, the tower takes
                no soft context, or `deep` doesn't fit it.
        """
        if self.refusal:
            raise UserError(
                f"no soft context can be given: {self.refusal}. Use a method with hand-written "
                f"prompts, such as zero_shot, or a CLIP model with open_clip's own text tower."
            )
        tokens = context.shape[1]
        if tokens > self.context_tokens:
            raise UserError(
                f"{tokens} context tokens don't fit: the longest class name leaves room for "
                f"{self.context_tokens}. Use fewer context tokens or shorter class names."
            )
        if deep is not None:
            check_added(deep, context, self.layers, "text tower")
            deep = deep.to(self._device, torch.float32)
        context = context.to(self._device, torch.float32)
        if self._blocks is None:
            return self._micro_batches.run(lambda p: self._plainly(context, deep, p))
        if self._named is None:
            self._named = self._prefixed(self._names, self._blocks, self._compiler)
        return self._named.encode(context, deep)

    def encode_templates(self, templates: tuple[str, ...]) -> Tensor:
        """Normalised class features `(1, C, E)` of hand-written prompts with `{}` for the name.

        They are averaged over the templates, computed once and remembered.

        Raises:
            UserError: a prompt with its class name exceeds the model's context length.
        """
        if templates not in self._templates:
            features = torch.stack([self._encode_template(t) for t in templates]).mean(dim=0)
            self._templates[templates] = functional.normalize(features, dim=-1).unsqueeze(0)
        return _recent(self._templates, templates)

    def encode_ensemble(self, ensemble: Ensemble) -> Tensor:
        """Normalised class features `(1, C, E)` of hand-written prompts with weights.

        The sum over templates of weight times normalised feature; templates are computed once and
        remembered.

        Raises:
            UserError: a prompt with its class name exceeds the model's context length.
            ValueError: there is not one weight for each template and class.
        """
        features = torch.stack([self._encode_template(t) for t in ensemble.templates])
        weights = ensemble.weights
        if weights is not None:
            if weights.shape != features.shape[:2]:
                raise ValueError(
                    f"expected weights {tuple(features.shape[:2])}, one for each template and "
                    f"class, but got {tuple(weights.shape)}"
                )
            features = features * weights.to(features).unsqueeze(-1)
        return functional.normalize(features.sum(dim=0), dim=-1).unsqueeze(0)

    def count(self, text: str) -> int:
        """Number of tokens T of a text, without those that mark its start and end."""
        return len(self._rows.words(text))

    @torch.inference_mode()
    def embed(self, text: str) -> Tensor:
        """Token embeddings `(T, D)` of a text, float32, on the CPU; T may be 0."""
        ids = torch.tensor(self._rows.words(text), dtype=torch.long, device=self._device)
        found: Tensor = self._text.token_embedding(ids)
        return found.float().cpu().clone()

    def _encode_template(self, template: str) -> Tensor:
        """Normalised class features `(C, E)` of one hand-written prompt, remembered."""
        if template not in self._single:
            self._single[template] = self._encode_anew(template)
        return _recent(self._single, template)

    def _encode_anew(self, template: str) -> Tensor:
        ids = self._rows([template.replace("{}", name) for name in self._class_names])
        if self._blocks is None or not self._text.reads_after(self._rows.layout.start, ids):
            return self._micro_batches.run(lambda positions: self._whole(ids, positions))
        nothing = torch.empty(1, 0, self.width, device=self._device)
        return self._prefixed(ids, self._blocks, as_written).encode(nothing)[0]

    def _open(self, ids: Tensor) -> tuple[Block, ...]:
        """The tower's blocks, if prefix caching gives the features of these rows `(C, L)`."""
        blocks, layout = self._text.open(), self._rows.layout
        if layout.in_front or layout.start > 1:
            raise Unsupported(f"its tokenizer puts {layout.start} tokens before a text")
        if int(self._text.ends(ids).max()) >= layout.length - layout.tail:
            raise Unsupported("it reads a token that follows the padding")
        if not self._text.reads_after(layout.start, ids):
            raise Unsupported("not every text has an end-of-text token")
        return blocks

    def _prefixed(self, ids: Tensor, blocks: tuple[Block, ...], compiler: Compiler) -> SharedPrefix:
        ids = ids[:, : int(self._text.ends(ids).max()) + 1]  # nobody reads what follows
        texts = Texts(ids, self._rows.layout.start)
        return SharedPrefix(self._text, blocks, texts, self._micro_batches, compiler)

    def _plainly(self, context: Tensor, deep: Tensor | None, positions: int) -> Tensor:
        """Features `(K, C, E)` by open_clip's own forward, for every class with every context.

        Args:
            context: `(K, T, D)`.
            deep: `(K, L - 1, T, D)`, added inside the tower.
            positions: hidden states that are computed at once.
        """
        ids, start = self._names, self._rows.layout.start
        count, tokens, _ = context.shape
        rows = self._rows.make_room(ids, tokens, self._text.placeholder)
        pairs = torch.arange(count * len(ids), device=self._device)
        features = []
        for chunk in pairs.split(max(1, positions // ids.shape[1])):
            k, c = chunk // len(ids), chunk % len(ids)
            added = None if deep is None else deep[k]
            features.append(self._text.plain_with(rows[c], context[k], added, start))
        return torch.cat(features).reshape(count, len(ids), -1)

    def _whole(self, ids: Tensor, positions: int) -> Tensor:
        """Features `(C, E)` of rows `(C, L)` by open_clip's own forward."""
        chunks = ids.split(max(1, positions // ids.shape[1]))
        return torch.cat([self._text.plain(chunk) for chunk in chunks])


_Key = TypeVar("_Key")


def _recent(kept: OrderedDict[_Key, Tensor], key: _Key) -> Tensor:
    """The features of a key, which is used now; the one that wasn't for longest is forgotten."""
    kept.move_to_end(key)
    if len(kept) > _TEMPLATES_KEPT:
        kept.popitem(last=False)
    return kept[key]
