"""A table of the 256 levels gives what the arithmetic gives, bit for bit."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import functional as transforms

from benchmarks.preprocessing import Preprocessing
from orchestrator.pixels.levels import Levels

CHANNELS = st.tuples(*[st.floats(-3, 3, width=32)] * 3)
DIVISORS = st.tuples(*[st.floats(2**-10, 8, width=32)] * 3)


@given(mean=CHANNELS, std=DIVISORS, seed=st.integers(0, 99))
def test_each_level_of_each_channel_is_exact(
    mean: tuple[float, float, float], std: tuple[float, float, float], seed: int
) -> None:
    shuffled = np.random.default_rng(seed).permutation(256).astype(np.uint8)
    pixels = np.stack((shuffled, shuffled[::-1], np.roll(shuffled, 1)), axis=1).reshape(8, 32, 3)
    image = transforms.to_tensor(Image.fromarray(pixels))
    expected = transforms.normalize(image, list(mean), list(std))
    levels = Levels(Preprocessing(8, mean, std))
    written = np.empty((3, 8, 32), dtype=np.float32)
    levels.write(pixels, written)
    assert torch.equal(torch.from_numpy(written), expected)
    assert torch.equal(levels.of(torch.from_numpy(pixels).unsqueeze(0))[0], expected)
