"""The Coordinator's decoder against a plain-numpy transcription, in both modes of batch norm."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from methods.parts.coordinator import Coordinator, updated_statistics
from methods.parts.seeding import generator

Array = np.ndarray


def doubled(values: Array, weight: Array, bias: Array | None, groups: int) -> Array:
    """A transposed convolution with kernel 2 and stride 2."""
    images, channels, height, width = values.shape
    each = weight.shape[1]
    out = np.zeros((images, each * groups, 2 * height, 2 * width))
    for channel in range(channels):
        group = channel // (channels // groups)
        for o in range(each):
            for a in range(2):
                for b in range(2):
                    out[:, group * each + o, a::2, b::2] += (
                        values[:, channel] * weight[channel, o, a, b]
                    )
    return out if bias is None else out + bias[None, :, None, None]


def mixed(values: Array, weight: Array) -> Array:
    return np.einsum("bchw,co->bohw", values, weight[:, :, 0, 0])


def gelu(values: Array) -> Array:
    return values * 0.5 * (1 + np.vectorize(math.erf)(values / math.sqrt(2)))


def numpy_decoder(
    parameters: Array,
    features: Array,
    channels: list[tuple[int, int, int]],
    grid: int,
    trigger: int,
) -> tuple[Array, list[Array]]:
    """The decoder's layers in order, in training mode; also the statistics of each block."""
    place = 0

    def take(*shape: int) -> Array:
        nonlocal place
        place += math.prod(shape)
        return parameters[place - math.prod(shape) : place].reshape(shape)

    extra = np.tile(take(trigger), (len(features), 1))
    hidden = np.concatenate([features, extra], axis=1).reshape(len(features), -1, grid, grid)
    seen = []
    for reads, wide, out in channels:
        groups = min(reads, wide)
        hidden = doubled(hidden, take(reads, wide // groups, 2, 2), take(wide), groups)
        hidden = mixed(hidden, take(wide, out, 1, 1))
        mean, variance = hidden.mean(axis=(0, 2, 3)), hidden.var(axis=(0, 2, 3))
        count = hidden.size / hidden.shape[1]
        seen.append(np.stack([mean, variance * count / (count - 1)]))
        normal = (hidden - mean[None, :, None, None]) / np.sqrt(variance + 1e-5)[
            None, :, None, None
        ]
        scale, shift = take(out), take(out)
        hidden = gelu(normal * scale[None, :, None, None] + shift[None, :, None, None])
    prompts = doubled(hidden, take(16, 3, 2, 2), None, 1)
    assert place == len(parameters)
    return prompts, seen


def test_shapes_are_the_papers_for_224_pixels() -> None:
    paper = Coordinator(image_size=224, features=768)
    assert (paper.trigger_width, paper.inputs, paper.dimension) == (800, 32 * 7 * 7, 9920)
    start = paper.initial(generator(1, "start"))
    assert start.shape == (9920,)
    assert 0 <= float(start[:800].min()) <= float(start[:800].max()) <= 0.1
    # the first layer's fan-in is 2 x 2 x 2
    first = start[800 : 800 + 256]
    assert 0.3 < float(first.abs().max()) <= 1 / math.sqrt(8)
    prompts, statistics = paper.prompts(start, torch.zeros(2, 768), None)
    assert prompts.shape == (2, 3, 224, 224)
    assert statistics.shape == (2, 64 + 32 + 32 + 16)


@pytest.mark.parametrize(
    ("size", "features", "channels", "grid"),
    [
        (24, 98, [(32, 32, 32), (32, 32, 16)], 3),
        (16, 10, [(64, 64, 32), (32, 32, 32), (32, 32, 16)], 1),
        (32, 20, [(32, 64, 64), (64, 64, 32), (32, 32, 32), (32, 32, 16)], 1),
    ],
)
def test_prompts_equal_the_layers_written_out(
    size: int, features: int, channels: list[tuple[int, int, int]], grid: int
) -> None:
    shape = Coordinator(size, features)
    draw = generator(2, "test")
    parameters = shape.initial(draw).double()
    parameters += 0.3 * torch.randn(len(parameters), generator=draw)
    inputs = torch.randn(3, features, generator=draw, dtype=torch.float64)
    prompts, statistics = shape.prompts(parameters, inputs, None)
    expected, seen = numpy_decoder(
        parameters.numpy(), inputs.numpy(), channels, grid, shape.trigger_width
    )
    np.testing.assert_allclose(prompts.numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(statistics.numpy(), np.concatenate(seen, axis=1), atol=1e-6)


def test_running_statistics_are_kept_as_pytorch_does() -> None:
    norm = torch.nn.BatchNorm2d(4)
    running = torch.stack((torch.zeros(4), torch.ones(4)))
    for step in range(3):
        values = torch.randn(5, 4, 2, 2, generator=generator(step, "values"))
        norm(values)
        variance, mean = torch.var_mean(values, dim=(0, 2, 3))
        running = updated_statistics(running, torch.stack((mean, variance)))
    torch.testing.assert_close(running[0], norm.running_mean)
    torch.testing.assert_close(running[1], norm.running_var)


def test_with_running_statistics_each_image_is_decoded_by_itself() -> None:
    shape = Coordinator(24, 8)
    parameters = shape.initial(generator(1, "start"))
    inputs = torch.randn(4, 8, generator=generator(1, "features"))
    running = shape.initial_statistics() + 0.1
    together, _ = shape.prompts(parameters, inputs, running)
    alone, _ = shape.prompts(parameters, inputs[2:3], running)
    torch.testing.assert_close(together[2:3], alone)


def test_strength_scales_the_prompts() -> None:
    weak, strong = Coordinator(24, 8, strength=0.5), Coordinator(24, 8)
    parameters = strong.initial(generator(1, "start"))
    inputs = torch.ones(2, 8)
    torch.testing.assert_close(
        2 * weak.prompts(parameters, inputs, None)[0], strong.prompts(parameters, inputs, None)[0]
    )
