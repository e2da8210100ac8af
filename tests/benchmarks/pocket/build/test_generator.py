"""The drawing: the same seed and index always give the same picture and captions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.pocket.build.generator.canvas import SIZE, STYLES
from benchmarks.pocket.build.generator.glyphs import STROKES, Pen, glyph_mask
from benchmarks.pocket.build.generator.landscapes import PLACES, draw_landscape
from benchmarks.pocket.build.generator.pretraining import CAPTIONS, captioned_picture
from benchmarks.pocket.build.generator.shapes import SHAPES, Placement, shape_mask
from benchmarks.pocket.build.generator.textures import TEXTURES, texture_field
from benchmarks.pocket.build.generator.things import ThingsWish, draw_things

seeds = st.integers(0, 2**32 - 1)


@given(seeds, seeds)
def test_a_picture_depends_on_seed_and_index_alone(seed: int, index: int) -> None:
    pixels, captions = captioned_picture(seed, index)
    np.random.default_rng(0).random(10)
    again, same = captioned_picture(seed, index)
    assert pixels.shape == (SIZE, SIZE, 3)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, again)
    assert captions == same
    assert len(captions) == CAPTIONS


@given(seeds, seeds)
def test_neighbouring_pictures_differ(seed: int, index: int) -> None:
    assert (captioned_picture(seed, index)[0] != captioned_picture(seed, index + 1)[0]).any()


@given(seeds, seeds)
def test_captions_are_short_plain_sentences(seed: int, index: int) -> None:
    for caption in captioned_picture(seed, index)[1]:
        assert caption.isascii()
        assert caption == " ".join(caption.split())
        assert "{" not in caption
        assert 1 <= len(caption.split()) <= 18


@given(seeds, st.sampled_from(SHAPES), st.integers(1, 8), st.sampled_from(STYLES))
def test_a_wish_is_fulfilled(seed: int, shape: str, count: int, style: str) -> None:
    wish = ThingsWish(shape=shape, count=count, style=style)
    facts = draw_things(np.random.default_rng(seed), wish)[1]
    assert (facts.shape, facts.count, facts.style) == (shape, count, style)


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_visible_and_inside(name: str) -> None:
    mask = shape_mask(name, Placement(SIZE / 2, SIZE / 2, 8))
    assert 0 <= mask.min() <= mask.max() == 1
    assert 0.05 < mask.mean() < 0.5
    assert mask[:2].max() == 0


@pytest.mark.parametrize("name", STROKES)
def test_glyphs_are_visible(name: str) -> None:
    mask = glyph_mask(name, SIZE / 2, SIZE / 2, Pen(height=18, width=2))
    assert 0.03 < mask.mean() < 0.4


@pytest.mark.parametrize("name", TEXTURES)
def test_textures_have_light_and_dark(name: str) -> None:
    fields = [texture_field(np.random.default_rng(seed), name) for seed in range(20)]
    assert all(field.min() >= 0 and field.max() <= 1 for field in fields)
    assert np.mean([field.std() for field in fields]) > 0.05


@pytest.mark.parametrize("place", PLACES)
def test_places_are_drawn_as_asked(place: str) -> None:
    pixels, facts = draw_landscape(np.random.default_rng(3), place)
    assert facts.place == place
    assert pixels.shape == (SIZE, SIZE, 3)
