"""Token sequences of a set of classes, packed one after another with hardly any padding."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Group:
    """Packed sequences of one length.

    Attributes:
        tokens: which tokens of the pack are theirs.
        sequences: which of the pack's sequences they are.
        length: positions S of each, padding included.
        mask: `(n, 1, S)`, minus infinity at the padding after each of n sequences' last token.
    """

    tokens: slice
    sequences: slice
    length: int
    mask: Tensor


@dataclass(frozen=True)
class Pack:
    """Sequences that are encoded together, ordered by length.

    Attributes:
        ids: token ids `(N,)`.
        places: position of each token in its sequence `(N,)`, from 0.
        ends: index in the pack of each sequence's last token `(C,)`.
        classes: class of each sequence `(C,)`.
        groups: the sequences of each length.
    """

    ids: Tensor
    places: Tensor
    ends: Tensor
    classes: Tensor
    groups: tuple[Group, ...]


def packs(ids: Tensor, ends: Tensor, positions: int, room: int, *, rounded: bool) -> Iterator[Pack]:
    """Packs of at most `positions` tokens; a longer sequence gets a pack of its own.

    Args:
        ids: token ids `(C, L)`, padded.
        ends: position of each sequence's last token `(C,)`.
        positions: the most tokens in a pack.
        room: the most positions that the model has for a sequence; none is rounded up beyond.
        rounded: whether lengths are rounded up to powers of two, which gives fewer groups.
    """
    whole = [end + 1 for end in ends.tolist()]
    lengths = [max(n, min(_power_of_two(n), room)) for n in whole] if rounded else whole
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    longest = max(lengths, default=0)
    padded = torch.nn.functional.pad(ids, (0, max(0, longest - ids.shape[1])))
    chosen: list[int] = []
    tokens = 0
    for index in order:
        if chosen and tokens + lengths[index] > positions:
            yield _pack(padded, ends, chosen, lengths)
            chosen, tokens = [], 0
        chosen.append(index)
        tokens += lengths[index]
    if chosen:
        yield _pack(padded, ends, chosen, lengths)


def _pack(ids: Tensor, ends: Tensor, chosen: list[int], lengths: list[int]) -> Pack:
    device = ids.device
    rows, places, last, groups = [], [], [], []
    tokens = sequences = 0
    for length in sorted({lengths[index] for index in chosen}):
        members = torch.tensor([i for i in chosen if lengths[i] == length], device=device)
        count, steps = len(members), torch.arange(length, device=device)
        rows.append(ids[members, :length].flatten())
        places.append(steps.repeat(count))
        last.append(tokens + length * torch.arange(count, device=device) + ends[members])
        unseen = steps > ends[members].unsqueeze(1)
        mask = torch.zeros(count, length, device=device).masked_fill(unseen, -torch.inf)
        groups.append(
            Group(
                slice(tokens, tokens + count * length),
                slice(sequences, sequences + count),
                length,
                mask.unsqueeze(1),
            )
        )
        tokens, sequences = tokens + count * length, sequences + count
    classes = torch.tensor(chosen, device=device)
    return Pack(torch.cat(rows), torch.cat(places), torch.cat(last), classes, tuple(groups))


def _power_of_two(length: int) -> int:
    return 1 << (length - 1).bit_length()
