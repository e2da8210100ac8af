"""Class features of soft contexts for the least work: what classes share is computed once.

Under a causal mask nothing sees what comes after it. So keys and values of `[SOS][context]` are the
same for all classes, those of `[SOS]` for all contexts, and nothing after a text's end matters. The
first block's projections of the names don't depend on the context, and of the last block only the
end of each text is read.
"""

from __future__ import annotations

import torch
from torch import Tensor

from orchestrator.oracle.blocks import Block, attend
from orchestrator.oracle.compiling import Compiler, as_written
from orchestrator.oracle.micro_batches import MicroBatches
from orchestrator.oracle.packing import Group, Pack, packs
from orchestrator.oracle.text_transformer import TextTransformer

KeysValues = tuple[Tensor, Tensor]


class SharedPrefix:
    """Encodes `[SOS] context rest` for C classes, the rest being fixed.

    Args:
        text: the tower.
        blocks: its blocks.
        ids: `(C, L)` token ids of `[SOS] rest`, padded.
        micro_batches: how many positions are computed at once.
        compiler: of what the blocks compute.
    """

    def __init__(
        self,
        text: TextTransformer,
        blocks: tuple[Block, ...],
        ids: Tensor,
        micro_batches: MicroBatches,
        compiler: Compiler = as_written,
    ) -> None:
        self._text = text
        self._blocks = blocks
        self._start = _start_of_text(text, blocks, ids[0, 0])
        self._rest = ids[:, 1:]
        self._ends = text.ends(ids) - 1
        self._micro_batches = micro_batches
        self._compiler = compiler
        self._run_prefix = compiler(self._prefix)
        self._packs: dict[tuple[int, int], list[_PackedRest]] = {}

    def encode(self, context: Tensor) -> Tensor:
        """Normalised features `(K, C, E)` of contexts `(K, T, D)`; T may be 0."""
        return self._micro_batches.run(lambda positions: self._encode(context, positions))

    def _encode(self, context: Tensor, positions: int) -> Tensor:
        prefix = self._run_prefix(context)
        parts, order = [], []
        for pack in self._packed(context.shape[1], positions):
            together = max(1, positions // pack.size)
            chunks = range(0, len(context), together)
            parts.append(torch.cat([pack.encode(_chunk(prefix, k, k + together)) for k in chunks]))
            order.append(pack.classes)
        return torch.cat(parts, dim=1)[:, torch.cat(order).argsort()]

    def _prefix(self, context: Tensor) -> list[KeysValues]:
        """Keys and values `(K, H, 1 + T, E)` of `[SOS][context]` in every block."""
        count, tokens, _ = context.shape
        hidden = context + self._text.positional_embedding[1 : 1 + tokens].to(context)
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
            found.append((keys.transpose(1, 2), values.transpose(1, 2)))
        return found

    def _packed(self, tokens: int, positions: int) -> list[_PackedRest]:
        """The rests behind a prefix of `tokens` context tokens, in packs that fit."""
        if (tokens, positions) not in self._packs:
            rounded = self._rest.device.type != "cpu"  # few kernels there, least work here
            self._packs = {
                (tokens, positions): [
                    _PackedRest(self._text, self._blocks, pack, tokens, self._compiler)
                    for pack in packs(self._rest, self._ends, positions, rounded=rounded)
                ]
            }
        return self._packs[tokens, positions]


class _PackedRest:
    """The rest of some classes' texts, from the first position after the context."""

    def __init__(
        self,
        text: TextTransformer,
        blocks: tuple[Block, ...],
        pack: Pack,
        tokens: int,
        compiler: Compiler,
    ) -> None:
        self._text, self._blocks, self._pack = text, blocks, pack
        places = text.positional_embedding[pack.places + 1 + tokens]
        self._hidden = (text.token_embedding(pack.ids) + places).float().unsqueeze(0)
        self._first = blocks[0].project(self._hidden) if len(blocks) > 1 else None
        self.size = len(pack.ids)
        self.classes = pack.classes
        self._run_blocks = compiler(self._encode)

    def encode(self, prefix: list[KeysValues]) -> Tensor:
        """Normalised features `(K, C', E)` behind prefixes of K contexts."""
        return self._run_blocks(prefix)

    def _encode(self, prefix: list[KeysValues]) -> Tensor:
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
        """The last block's output `(K, C', D)` where texts end."""
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

    Args:
        queries: `(K or 1, n, R, H, E)`.
        own: keys and values `(K or 1, N, H, E)` of the whole pack.
        prefix: keys and values `(K, H, P, E)`.
        group: which n sequences of length S.
        mask: `(n or 1, R, S)`, added to the scores of own positions.

    Returns:
        `(K, n R, H E)`.
    """
    prefix_keys, prefix_values = prefix
    count, shared = len(prefix_keys), prefix_keys.shape[2]
    keys, values = (
        part[:, group.tokens].unflatten(1, (-1, group.length)).permute(0, 3, 1, 2, 4)
        for part in own
    )
    scaled = (queries * queries.shape[-1] ** -0.5).permute(0, 3, 1, 2, 4)
    rows = scaled.shape[2:4]
    on_prefix = (scaled.flatten(2, 3) @ prefix_keys.mT).unflatten(2, rows)
    on_own = (scaled @ keys.mT).float() + mask
    scores = torch.cat((on_prefix.float(), on_own.expand(count, -1, -1, -1, -1)), dim=-1)
    weights = scores.softmax(dim=-1).to(values.dtype)
    from_prefix = (weights[..., :shared].flatten(2, 3) @ prefix_values).unflatten(2, rows)
    attended: Tensor = from_prefix + weights[..., shared:] @ values
    return attended.permute(0, 2, 3, 1, 4).flatten(3).flatten(1, 2)


def _start_of_text(
    text: TextTransformer, blocks: tuple[Block, ...], token: Tensor
) -> list[KeysValues]:
    """Keys and values `(1, 1, H, E)` of the start-of-text token, which sees but itself."""
    hidden = (text.token_embedding(token) + text.positional_embedding[0]).float().view(1, 1, -1)
    found = []
    for block in blocks:
        _, keys, values = block.project(hidden)
        found.append((keys, values))
        hidden = block.finish(hidden, values.flatten(2))
    return found


def _chunk(prefix: list[KeysValues], start: int, stop: int) -> list[KeysValues]:
    return [(keys[start:stop], values[start:stop]) for keys, values in prefix]


def _causal(length: int, device: torch.device) -> Tensor:
    return torch.full((length, length), -torch.inf, device=device).triu(1)
