"""A readout of one prompt's scores."""

import torch

from methods.parts.losses import cross_entropy
from methods.parts.readout_fit import fitted_readout
from methods.parts.seeding import generator


def test_it_undoes_a_mix_of_classes() -> None:
    draw = generator(1, "mixed")
    labels = torch.arange(3).repeat(20)
    clear = 4 * torch.eye(3)[labels] + torch.randn(60, 3, generator=draw)
    mixed = clear[:, [1, 2, 0]].unsqueeze(0)
    readout = fitted_readout(mixed, labels)
    found = readout(mixed)
    assert (found.argmax(dim=-1) == labels).float().mean() > 0.9
    assert cross_entropy(found.unsqueeze(0), labels) < cross_entropy(mixed, labels)
