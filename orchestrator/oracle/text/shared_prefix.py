"""Prefix caching for a causal text tower: class features of soft contexts for the least work.

All texts of a context begin alike, and under a causal mask no position depends on later ones:

    position   0     1 ... T      T+1 ...
    class 1   [SOS] [context]  |  cat . [EOT]
    class 2   [SOS] [context]  |  annual crop land . [EOT]
    class C   [SOS] [context]  |  boeing 747 . [EOT]
              |-- prefix ---|     |-------- rest ---------|

- Keys and values of the prefix are computed once per context and serve all classes; those of [SOS]
  are computed once for all contexts. Where the tokenizer has no [SOS], the context comes first.
- Positions after [EOT] are not computed: the rests are packed one after another (packing.py).
- QKV of the rest in the first block don't depend on the context: they are computed once.
- In the last block only [EOT] is read: it alone needs queries, output projection and MLP.
- What deep prompts add between blocks, at the context's positions, is part of the prefix.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from orchestrator.oracle.blocks import Block, attend
from orchestrator.oracle.compiling import Compiler, as_written
from orchestrator.oracle.inner_layers import with_added
from orchestrator.oracle.micro_batches import MicroBatches
from orchestrator.oracle.text.packing import Group, Pack, packs
from orchestrator.oracle.text.transformer import TextTransformer

KeysValues = tuple[Tensor, Tensor]
"""Keys and values of one block: the prefix cache has such a pair for every block."""


@dataclass(frozen=True)
class Texts:
    """The texts of C classes.

    Attributes:
        ids: `(C, L)` token ids of `[SOS] rest`, padded.
        start: how many of them stand before the context: 1, or 0 if there is no [SOS].
    """

    ids: Tensor
    start: int


class SharedPrefix:
    """Encodes `[SOS][context] rest` for the fixed rests of C classes and any contexts."""

    def __init__(
        self,
        text: TextTransformer,
        blocks: tuple[Block, ...],
        texts: Texts,
        micro_batches: MicroBatches,
        compiler: Compiler = as_written,
    ) -> None:
        self._text = text
        self._blocks = blocks
        ids, start = texts.ids, texts.start
        alone = _start_of_text(text, blocks, ids[0, 0])
        self._start = [(keys[:, :start], values[:, :start]) for keys, values in alone]
        self._before = start
        self._rest = ids[:, start:]
        self._ends = text.ends(ids) - start
        self._micro_batches = micro_batches
        self._compiler = compiler
        self._run_prefix = compiler(self._prefix)
        self._packs: dict[tuple[int, int], list[_PackedRest]] = {}

    def encode(self, context: Tensor, deep: Tensor | None = None) -> Tensor:
        """Normalised features `(K, C, E)` of contexts.

        Args:
            context: `(K, T, D)`; T may be 0.
            deep: `(K, L - 1, T, D)`, added at the context's positions before the second block, the
                third, ...; None adds nothing.
        """
        return self._micro_batches.run(lambda positions: self._encode(context, deep, positions))

    @property
    def remembered_bytes(self) -> int:
        """Memory of what is computed once for all contexts."""
        return sum(pack.remembered_bytes for kept in self._packs.values() for pack in kept)

    def _encode(self, context: Tensor, deep: Tensor | None, positions: int) -> Tensor:
        prefix = self._run_prefix(context, deep)
        parts, order = [], []
        for pack in self._packed(context.shape[1], positions):
            together = max(1, positions // pack.size)
            chunks = range(0, len(context), together)
            parts.append(torch.cat([pack.encode(_chunk(prefix, k, k + together)) for k in chunks]))
            order.append(pack.classes)
        return torch.cat(parts, dim=1)[:, torch.cat(order).argsort()]

    def _prefix(self, context: Tensor, deep: Tensor | None) -> list[KeysValues]:
        """The prefix cache: keys and values `(K, H, P, E)` of [SOS], if any, and context."""
        count, tokens, _ = context.shape
        places = self._text.positional_embedding[self._before : self._before + tokens]
        hidden = context + places.to(context)
        found = []
        for number, block in enumerate(self._blocks):
            last = number == len(self._blocks) - 1
            queries, *own = (None, *block.keys_values(hidden)) if last else block.project(hidden)
            keys, values = (
                torch.cat((first.expand(count, -1, -1, -1), part), dim=1)
                for first, part in zip(self._start[number], own, strict=True)
            )
            if queries is not None:
                hidden = block.finish(hidden, attend(queries, keys, values, causal=True))
                hidden = with_added(hidden, deep, number)
            found.append((keys.transpose(1, 2), values.transpose(1, 2)))
        return found

    def _packed(self, tokens: int, positions: int) -> list[_PackedRest]:
        """The rests after `tokens` context tokens, in packs of at most `positions` tokens."""
        if (tokens, positions) not in self._packs:
            # Rounded lengths mean fewer kernels, which suits a GPU, but more positions.
            rounded = self._rest.device.type != "cpu"
            shared = self._before + tokens
            room = len(self._text.positional_embedding) - shared
            self._packs = {
                (tokens, positions): [
                    _PackedRest(self._text, self._blocks, pack, shared, self._compiler)
                    for pack in packs(self._rest, self._ends, positions, room, rounded=rounded)
                ]
            }
        return self._packs[tokens, positions]


class _PackedRest:
    """The rests of C' classes' texts, N tokens in all, packed one after another.

    They follow a prefix of `shared` positions.
    """

    def __init__(
        self,
        text: TextTransformer,
        blocks: tuple[Block, ...],
        pack: Pack,
        shared: int,
        compiler: Compiler,
    ) -> None:
        self._text, self._blocks, self._pack = text, blocks, pack
        places = text.positional_embedding[pack.places + shared]
        self._hidden = (text.token_embedding(pack.ids) + places).float().unsqueeze(0)
        self._first = blocks[0].project(self._hidden) if len(blocks) > 1 else None
        self.size = len(pack.ids)
        self.classes = pack.classes
        self.encode = compiler(self._encode)

    @property
    def remembered_bytes(self) -> int:
        """Memory of the first block's input, queries, keys and values."""
        return sum(one.nbytes for one in (self._hidden, *(self._first or ())))

    def _encode(self, prefix: list[KeysValues]) -> Tensor:
        """Normalised features `(K, C', E)` after the prefixes of K contexts."""
        count, pack = len(prefix[0][0]), self._pack
        hidden = self._hidden.expand(count, -1, -1)
        for number, block in enumerate(self._blocks[:-1]):
            first = self._first if number == 0 else None
            queries, keys, values = first or block.project(hidden)
            attended = [
                _attend_group(
                    queries[:, group.tokens].unflatten(1, (-1, group.length)),
                    (keys, values),
                    prefix[number],
                    group,
                    _causal(group.length, queries.device),
                )
                for group in pack.groups
            ]
            hidden = block.finish(hidden, torch.cat(attended, dim=1))
        return self._text.finish(self._last_block(hidden, prefix[-1]))

    def _last_block(self, hidden: Tensor, prefix: KeysValues) -> Tensor:
        """The last block's output `(K, C', D)` at the [EOT] tokens."""
        block, pack = self._blocks[-1], self._pack
        own = block.keys_values(hidden)
        ends = hidden[:, pack.ends]
        queries = block.queries(ends).unsqueeze(2)
        attended = [
            _attend_group(queries[:, group.sequences], own, prefix, group, group.mask)
            for group in pack.groups
        ]
        return block.finish(ends, torch.cat(attended, dim=1))


def _attend_group(
    queries: Tensor, own: KeysValues, prefix: KeysValues, group: Group, mask: Tensor
) -> Tensor:
    """Attention over a prefix that all sequences share and over each sequence's own positions.

    Axes: K contexts, n sequences of a group, R queries per sequence, S positions per sequence,
    P positions of the prefix, N tokens of the pack, H heads of E numbers each. K* is K, or 1 where
    nothing depends on the context yet.

    Args:
        queries: `(K*, n, R, H, E)`.
        own: keys and values `(K*, N, H, E)` of the whole pack.
        prefix: keys and values `(K, H, P, E)`.
        group: which n sequences of length S.
        mask: `(n or 1, R, S)`, added to the scores of own positions.

    Returns:
        `(K, n R, H E)`.
    """
    prefix_keys, prefix_values = prefix
    count, shared = len(prefix_keys), prefix_keys.shape[2]
    keys, values = (  # (K*, H, n, S, E)
        _heads_first(part[:, group.tokens].unflatten(1, (-1, group.length))) for part in own
    )
    scaled = _heads_first(queries * queries.shape[-1] ** -0.5)  # (K*, H, n, R, E)
    rows = scaled.shape[2:4]  # n and R are one axis where the prefix is the other factor
    on_prefix = (scaled.flatten(2, 3) @ prefix_keys.mT).unflatten(2, rows)  # (K, H, n, R, P)
    on_own = (scaled @ keys.mT).float() + mask  # (K*, H, n, R, S)
    scores = torch.cat((on_prefix.float(), on_own.expand(count, -1, -1, -1, -1)), dim=-1)
    weights = scores.softmax(dim=-1).to(values.dtype)  # (K, H, n, R, P + S)
    from_prefix = (weights[..., :shared].flatten(2, 3) @ prefix_values).unflatten(2, rows)
    attended: Tensor = from_prefix + weights[..., shared:] @ values  # (K, H, n, R, E)
    return attended.permute(0, 2, 3, 1, 4).flatten(3).flatten(1, 2)


def _heads_first(part: Tensor) -> Tensor:
    """`(K, n, S, H, E)` as `(K, H, n, S, E)`."""
    return part.permute(0, 3, 1, 2, 4)


def _start_of_text(
    text: TextTransformer, blocks: tuple[Block, ...], token: Tensor
) -> list[KeysValues]:
    """Keys and values `(1, 1, H, E)` per block of [SOS], which attends to itself alone."""
    hidden = (text.token_embedding(token) + text.positional_embedding[0]).float().view(1, 1, -1)
    found = []
    for block in blocks:
        _, keys, values = block.project(hidden)
        found.append((keys, values))
        hidden = block.finish(hidden, values.flatten(2))  # its one attention weight is 1
    return found


def _chunk(prefix: list[KeysValues], start: int, stop: int) -> list[KeysValues]:
    return [(keys[start:stop], values[start:stop]) for keys, values in prefix]


def _causal(length: int, device: torch.device) -> Tensor:
    return torch.full((length, length), -torch.inf, device=device).triu(1)
