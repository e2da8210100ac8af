"""Transforms equal open_clip's where they must, and draw from their own generator alone."""

from __future__ import annotations

import numpy as np
import open_clip
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from open_clip.transform import image_transform
from PIL import Image

from benchmarks.preprocessing import CLIP_MEAN, CLIP_STD, Preprocessing, random_crop

MEAN, STD = open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD


def test_the_default_normalisation_is_open_clips() -> None:
    assert (CLIP_MEAN, CLIP_STD) == (MEAN, STD)


def picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    rng = np.random.default_rng(width * 1000 + height)
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


@pytest.mark.parametrize("size", [24, 224])
@pytest.mark.parametrize("shape", [(24, 24), (37, 61), (300, 200), (224, 500), (8, 9)])
def test_the_test_transform_equals_open_clips(size: int, shape: tuple[int, int]) -> None:
    ours = Preprocessing(size, MEAN, STD).test(picture(*shape))
    theirs = image_transform(size, is_train=False, mean=MEAN, std=STD)(picture(*shape))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK"])
def test_other_colour_modes_become_three_channels(mode: str) -> None:
    assert Preprocessing(24, MEAN, STD).test(picture(30, 30, mode)).shape == (3, 24, 24)


def test_augmentation_is_a_function_of_its_generator_alone() -> None:
    subject = Preprocessing(24, MEAN, STD, "crop_flip")
    image = picture(60, 40)

    def draw(seed: int) -> torch.Tensor:
        torch.rand(seed)  # the global generator must not matter
        return subject.train(image, torch.Generator().manual_seed(seed))

    assert torch.equal(draw(3), draw(3))
    assert not torch.equal(draw(3), draw(4))


def test_without_augmentation_training_images_are_test_images() -> None:
    subject = Preprocessing(24, MEAN, STD, "none")
    image = picture(60, 40)
    assert torch.equal(subject.train(image, torch.Generator()), subject.test(image))


@given(width=st.integers(1, 300), height=st.integers(1, 300), seed=st.integers(0, 10_000))
def test_crops_lie_inside_the_image(width: int, height: int, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    top, left, crop_height, crop_width = random_crop(height, width, draw)
    assert 0 <= top <= top + crop_height <= height
    assert 0 <= left <= left + crop_width <= width
    assert crop_height > 0
    assert crop_width > 0


def test_crops_have_the_laws_area_and_aspect() -> None:
    draw = torch.Generator().manual_seed(0)
    crops = [random_crop(1000, 1000, draw) for _ in range(2000)]
    areas = np.array([h * w / 1e6 for _, _, h, w in crops])
    ratios = np.array([w / h for _, _, h, w in crops])
    assert 0.079 < areas.min() < 0.1
    assert 0.4 < areas.mean() < 0.6
    assert 0.74 < ratios.min() < 0.8
    assert 1.25 < ratios.max() < 1.34


def test_every_parameter_is_in_the_digest() -> None:
    variants = [
        Preprocessing(24, MEAN, STD),
        Preprocessing(32, MEAN, STD),
        Preprocessing(24, (0.5, 0.5, 0.5), STD),
        Preprocessing(24, MEAN, (0.5, 0.5, 0.5)),
        Preprocessing(24, MEAN, STD, "crop_flip"),
    ]
    assert len({variant.digest() for variant in variants}) == len(variants)
    assert Preprocessing(24, MEAN, STD).digest() == variants[0].digest()
