"""Training: a few steps give a folder that open_clip loads, and the same one again."""

from pathlib import Path

import pytest
import torch

from benchmarks.pocket.build import train as training
from benchmarks.pocket.build.clip import load_clip
from benchmarks.pocket.build.train import Recipe, train

RECIPE = Recipe(pictures=16, steps=3, batch_size=8)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "caption_words", lambda: {"a", "photo", "of", "circle"})
        found = [tmp_path_factory.mktemp("model") for _ in range(2)]
        for folder in found:
            train(RECIPE, folder, threads=1)
    return found


def test_a_trained_folder_loads(folders: list[Path]) -> None:
    clip = load_clip(folders[0])
    assert clip.model.encode_text(clip.tokenizer(["a photo of a circle"])).shape == (1, 128)


def test_training_again_gives_the_same_weights(folders: list[Path]) -> None:
    first, second = (load_clip(folder).model.state_dict() for folder in folders)
    for name, weights in first.items():
        torch.testing.assert_close(weights, second[name], rtol=0, atol=0, msg=name)


def test_rate_warms_up_and_falls() -> None:
    recipe = Recipe()
    rates = [training._rate(recipe, step) for step in range(0, recipe.steps, 20)]
    peak = max(rates)
    assert peak == pytest.approx(recipe.learning_rate, rel=0.01)
    assert rates[0] < 0.1 * peak
    assert rates[-1] < 0.03 * peak
