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

from benchmarks.preprocessing import (
    CLIP_MEAN,
    CLIP_STD,
    Interpolation,
    Preprocessing,
    ResizeMode,
    random_crop,
)

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
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("shape", [(1, 90), (90, 1)])
def test_a_side_that_shrinks_to_nothing_keeps_one_pixel(shape: tuple[int, int]) -> None:
    subject = Preprocessing(8, (0.0,) * 3, (1.0,) * 3, resize_mode="longest", fill_color=(255,) * 3)
    pixels = subject.test(Image.new("RGB", shape)).mean(dim=0)
    assert (pixels == 0).sum() == 8
    assert (pixels == 1).sum() == 56


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1)])
def test_training_crops_of_narrow_images_stay_small(shape: tuple[int, int]) -> None:
    for seed in range(5):
        draw = torch.Generator().manual_seed(seed)
        _, _, height, width = random_crop(shape[1], shape[0], draw)
        assert (height, width) == (1, 1)


def test_training_images_are_resized_by_the_models_interpolation() -> None:
    def drawn(interpolation: Interpolation) -> torch.Tensor:
        subject = Preprocessing(24, MEAN, STD, "crop_flip", interpolation)
        return subject.train(picture(60, 40), torch.Generator().manual_seed(3))

    top, left, height, width = random_crop(40, 60, draw := torch.Generator().manual_seed(3))
    part = picture(60, 40).crop((left, top, left + width, top + height))
    part = part.resize((24, 24), Image.Resampling.BILINEAR)
    if float(torch.rand((), generator=draw)) < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert torch.equal(drawn("bilinear"), Preprocessing(24, MEAN, STD).test(part))
    assert not torch.equal(drawn("bilinear"), drawn("bicubic"))


@pytest.mark.parametrize("resize_mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_an_image_is_the_same_however_its_file_stores_its_colours(
    mode: str, resize_mode: ResizeMode
) -> None:
    subject = Preprocessing(24, MEAN, STD, resize_mode=resize_mode)
    image = picture(30, 47, mode)
    assert torch.equal(subject.test(image), subject.test(image.convert("RGB")))


@pytest.mark.parametrize("resize_mode", ["shortest", "longest", "squash"])
def test_of_grey_images_too_the_test_transform_is_open_clips(resize_mode: ResizeMode) -> None:
    ours = Preprocessing(24, MEAN, STD, resize_mode=resize_mode).test(picture(30, 47, "L"))
    theirs = image_transform(24, is_train=False, resize_mode=resize_mode)(picture(30, 47, "L"))
    assert torch.equal(ours, theirs)


def test_a_palettes_colours_are_interpolated() -> None:
    two = Image.new("P", (2, 2))
    two.putpalette([0, 0, 0, 255, 255, 255])
    two.putpixel((1, 0), 1)
    two.putpixel((1, 1), 1)
    assert len(Preprocessing(8, (0.0,) * 3, (1.0,) * 3).test(two).unique()) > 2


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
        Preprocessing(24, MEAN, STD, interpolation="bilinear"),
        Preprocessing(24, MEAN, STD, interpolation="nearest"),
        Preprocessing(24, MEAN, STD, resize_mode="longest"),
        Preprocessing(24, MEAN, STD, resize_mode="squash"),
        Preprocessing(24, MEAN, STD, resize_mode="longest", fill_color=(9, 0, 0)),
    ]
    assert len({variant.digest() for variant in variants}) == len(variants)
    assert Preprocessing(24, MEAN, STD).digest() == variants[0].digest()


def test_clips_own_transform_keeps_the_digest_that_stored_results_were_keyed_by() -> None:
    plain, augmented = Preprocessing(24, MEAN, STD), Preprocessing(224, MEAN, STD, "crop_flip")
    assert plain.digest() == "965c14d422e8987d358b6e371b53ccb6f76b06440dcbd95b347d0ed09f436b66"
    assert augmented.digest() == "8d12fbc13901858444270da64a1a47061b8bd1964c8973d6bf9057a9bcd7b2b6"
