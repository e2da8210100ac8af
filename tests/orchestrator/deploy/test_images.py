"""Images are given in many ways, and are the same images."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from orchestrator.deploy.export import prompt_from_store
from orchestrator.deploy.prompt import Prompt
from orchestrator.errors import UserError
from tests.orchestrator.deploy.desk import Desk


@pytest.fixture(scope="module")
def prompt(done: Desk) -> Prompt:
    return prompt_from_store(done.store, done.cell("zero_shot").key)


@pytest.fixture(scope="module")
def array() -> np.ndarray[Any, Any]:
    """Three random pictures `(3, 30, 40, 3)`."""
    return np.random.default_rng(0).integers(0, 256, (3, 30, 40, 3), dtype=np.uint8)


def test_ways_to_give_images_are_equal(
    prompt: Prompt, array: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(len(array))]
    pictures = [Image.fromarray(one) for one in array]
    for path, picture in zip(paths, pictures, strict=True):
        picture.save(path)
    expected = prompt.scores(array)
    assert expected.shape == (3, 8)
    assert expected.dtype == np.float32
    given: list[Any] = [
        torch.from_numpy(array),
        list(array),
        pictures,
        paths,
        [str(path) for path in paths],
        (Image.open(path) for path in paths),
        [paths[0], pictures[1], array[2]],
    ]
    for images in given:
        assert np.array_equal(prompt.scores(images), expected)


def test_answers_are_names_or_indices_in_order(prompt: Prompt, array: np.ndarray[Any, Any]) -> None:
    indices = prompt.predict(array, indices=True)
    assert indices == prompt.scores(array).argmax(axis=-1).tolist()
    assert prompt.predict(array) == [prompt.class_names[index] for index in indices]


def test_a_single_image_is_one_answer(
    prompt: Prompt, array: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    picture, path = Image.fromarray(array[0]), tmp_path / "one.png"
    picture.save(path)
    assert prompt.predict(picture) == prompt.predict(str(path)) == prompt.predict(array[:1])


def test_more_images_than_are_answered_at_once_are_all_answered(
    prompt: Prompt, array: np.ndarray[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.deploy.prompt.PORTION", 2)
    expected = [prompt.predict(one[None])[0] for one in array]
    assert prompt.predict(array) == expected


def test_other_modes_are_what_a_dataset_would_make_of_them(prompt: Prompt) -> None:
    grey = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) * 4)
    assert prompt.predict([grey]) == prompt.predict([grey.convert("RGB")])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (np.zeros((2, 8, 8, 3)), r"array \(2, 8, 8, 3\) of float64. Values from 0 to 1"),
        (np.zeros((2, 3, 8, 8), np.uint8), "Colours come last"),
        (np.zeros((8, 8, 3), np.uint8), r"One image is images\[None\]"),
        ([np.zeros((8, 8), np.uint8)], r"an array \(8, 8\) of uint8"),
        ([None], "got NoneType as image 0"),
        (7, "got int"),
        (b"...", "got bytes"),
        (np.zeros((2, 0, 8, 3), np.uint8), "images need pixels"),
        (Image.new("RGB", (0, 0)), "image 0 has no pixels"),
        (torch.zeros(2, 8, 8, 3, dtype=torch.bfloat16), "Values from 0 to 1"),
        (np.array(["a.png"]), "Paths and Pillow images are given in a list"),
        ([BytesIO()], "got BytesIO as image 0"),
        ("a\0.png", r"image a.x00\.png can't be read: embedded null byte"),
        (["/nowhere/a.png"], "image /nowhere/a.png can't be read: No such file"),
    ],
)
def test_what_is_no_image_is_refused(given: Any, told: str, prompt: Prompt) -> None:
    with pytest.raises(UserError, match=told):
        prompt.predict(given)


def test_a_damaged_image_is_named(prompt: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG and no more")
    with pytest.raises(UserError, match=r"broken\.png can't be read"):
        prompt.predict([path])
