"""BlackVIP's Coordinator: a light decoder from image features to a prompt of the image's size.

Oh et al., "BlackVIP: Black-Box Visual Prompting for Robust Transfer Learning", CVPR 2023.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from methods.lazy_torch import Tensor, torch

_BLOCKS = ((32, 64, 64), (64, 64, 32), (32, 32, 32), (32, 32, 16))
"""Channels of each block: at its input, after doubling the resolution, after mixing."""
_LAST = (16, 3, 2, 2)
"""Shape of the last doubling's weight, which makes the three colours."""
_EPSILON = 1e-5
_MOMENTUM = 0.1


@dataclass(frozen=True)
class _Block:
    """Transposed convolution 2 x 2 with stride 2 (grouped, bias), then 1 x 1, batch norm, GELU."""

    reads: int
    doubled: int
    mixed: int

    @property
    def groups(self) -> int:
        return min(self.reads, self.doubled)

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Weight and bias of the doubling, weight of the mixing, weight and bias of the norm."""
        doubling = (self.reads, self.doubled // self.groups, 2, 2)
        mixing = (self.doubled, self.mixed, 1, 1)
        return (doubling, (self.doubled,), mixing, (self.mixed,), (self.mixed,))


@dataclass(frozen=True)
class Coordinator:
    """Shapes and forward pass of the decoder; its parameters are one flat vector.

    The vector holds the prompt trigger (a learned input beside the image feature), then weight and
    bias of every layer in order, with the affine parameters of batch norm: 9,920 numbers for 224
    pixels and 768 features, 800 of them the trigger.

    Each block doubles the resolution. For 224 pixels these are the paper's five doublings from a
    7 x 7 grid. Smaller images use only the last blocks: their size is halved at most five times.

    Attributes:
        image_size: height and width S of images and prompts, in pixels; even.
        features: width F of an image feature.
        strength: factor that the prompts are multiplied by.
    """

    image_size: int
    features: int
    strength: float = 1.0

    @cached_property
    def blocks(self) -> tuple[_Block, ...]:
        """The blocks before the last doubling."""
        count = self._doublings - 1
        return tuple(_Block(*channels) for channels in _BLOCKS[len(_BLOCKS) - count :])

    @property
    def inputs(self) -> int:
        """How many numbers the decoder reads, feature and trigger: channels x grid x grid."""
        channels = self.blocks[0].reads if self.blocks else _LAST[0]
        return channels * self._grid**2

    @property
    def trigger_width(self) -> int:
        """Width of the prompt trigger: the part of the decoder's input beside the feature."""
        return self.inputs - self.features

    @property
    def dimension(self) -> int:
        """Number of parameters N."""
        return self.trigger_width + sum(math.prod(shape) for shape in self._shapes)

    def initial(self, generator: torch.Generator) -> Tensor:
        """Start values `(N,)`: trigger ~ U(0, 0.1), layers as PyTorch initialises them."""
        parts = [0.1 * torch.rand(self.trigger_width, generator=generator)]
        for block in self.blocks:
            doubling, bias, mixing, _, _ = block.shapes
            parts += [_uniform(shape, doubling, generator) for shape in (doubling, bias)]
            parts += [_uniform(mixing, mixing, generator)]
            parts += [torch.ones(block.mixed), torch.zeros(block.mixed)]
        parts += [_uniform(_LAST, _LAST, generator)]
        return torch.cat(parts)

    def initial_statistics(self) -> Tensor:
        """Running mean 0 and variance 1 of the M batch-norm channels of all blocks, as `(2, M)`."""
        channels = sum(block.mixed for block in self.blocks)
        return torch.stack((torch.zeros(channels), torch.ones(channels)))

    def prompts(
        self, parameters: Tensor, features: Tensor, running: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Decodes features into prompts.

        Args:
            parameters: `(N,)`.
            features: `(B, F)`.
            running: `(2, M)` running mean and variance to normalise with; None uses the
                mini-batch's own mean and biased variance.

        Returns:
            Prompts `(B, 3, S, S)`; and `(2, M)` mean and unbiased variance of the mini-batch, or
            `running` if it was given.
        """
        trigger, *weights = self._split(parameters)
        hidden = torch.cat((features, trigger.expand(len(features), -1)), dim=1)
        hidden = hidden.reshape(len(features), -1, self._grid, self._grid)
        layers = iter(weights)
        seen, start = [], 0
        for block in self.blocks:
            hidden = torch.nn.functional.conv_transpose2d(
                hidden, next(layers), next(layers), stride=2, groups=block.groups
            )
            hidden = torch.nn.functional.conv_transpose2d(hidden, next(layers))
            given = None if running is None else running[:, start : start + block.mixed]
            hidden, statistics = _batch_norm(hidden, next(layers), next(layers), given)
            hidden = torch.nn.functional.gelu(hidden)
            seen.append(statistics)
            start += block.mixed
        prompts = torch.nn.functional.conv_transpose2d(hidden, next(layers), stride=2)
        prompts = self.strength * prompts
        return prompts, torch.cat(seen, dim=1) if seen else self.initial_statistics()

    @property
    def _doublings(self) -> int:
        """How often the image's size can be halved, up to five times, at least once."""
        most = (self.image_size & -self.image_size).bit_length() - 1
        return max(1, min(len(_BLOCKS) + 1, most))

    @property
    def _grid(self) -> int:
        return self.image_size >> self._doublings

    @property
    def _shapes(self) -> list[tuple[int, ...]]:
        """Shapes of all weights, in order."""
        return [*(shape for block in self.blocks for shape in block.shapes), _LAST]

    def _split(self, parameters: Tensor) -> list[Tensor]:
        """The trigger `(F',)`, then every layer's weights in their shapes."""
        shapes = [(self.trigger_width,), *self._shapes]
        pieces = parameters.split([math.prod(shape) for shape in shapes])
        return [piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]


def updated_statistics(running: Tensor, batch: Tensor) -> Tensor:
    """Running statistics `(2, M)` after a mini-batch's `(2, M)`, as in PyTorch's batch norm."""
    return (1 - _MOMENTUM) * running + _MOMENTUM * batch.to(running)


def _batch_norm(
    values: Tensor, weight: Tensor, bias: Tensor, running: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Normalised `(B, C, H, W)`, and the statistics `(2, C)` for the running ones."""
    if running is None:
        variance, mean = torch.var_mean(values, dim=(0, 2, 3), correction=0)
        count = values.numel() // values.shape[1]
        seen = torch.stack((mean, variance * (count / (count - 1))))
    else:
        mean, variance = running.to(values)
        seen = running
    return torch.nn.functional.batch_norm(values, mean, variance, weight, bias, eps=_EPSILON), seen


def _uniform(shape: tuple[int, ...], weight: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """PyTorch's default for a transposed convolution: U(-b, b), b = 1 / sqrt(fan-in), flat."""
    bound = 1 / math.sqrt(math.prod(weight[1:]))
    return bound * (2 * torch.rand(math.prod(shape), generator=generator) - 1)
