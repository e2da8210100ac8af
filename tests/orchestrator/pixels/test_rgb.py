"""The memory of an image shows its pixels, whatever happens to the image."""

from __future__ import annotations

import numpy as np
import pytest

from orchestrator.pixels.rgb import rgb_of
from tests.orchestrator.pixels.pictures import picture


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (224, 224), (1500, 3000)])
def test_an_image_is_shown_as_it_is(size: tuple[int, int]) -> None:
    image = picture(*size)
    expected = np.array(image)
    shown = rgb_of(image)
    del image
    assert np.array_equal(shown, expected)
    assert not shown.flags.writeable
