"""The shipped model: plain open_clip loads it, and it has the documented sizes."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import open_clip
import pytest
import torch
from PIL import Image

from benchmarks.pocket.build.clip import MODEL, Clip, load_clip
from benchmarks.pocket.build.text import encode_with_prefix, room_for_prefix

FILES = {
    "open_clip_config.json": 2_000,
    "open_clip_model.safetensors": 3_500_000,
    "bpe.txt.gz": 4_000,
    "training_log.csv": 20_000,
}


@pytest.fixture(scope="module")
def clip() -> Clip:
    return load_clip()


def test_unmodified_open_clip_loads_the_folder() -> None:
    name = f"local-dir:{MODEL}"
    model, _, transform = open_clip.create_model_and_transforms(name)
    tokenizer: Callable[[Sequence[str]], Any] = open_clip.get_tokenizer(
        name, bpe_path=str(MODEL / "bpe.txt.gz")
    )
    assert type(model) is open_clip.CLIP
    assert type(tokenizer) is open_clip.SimpleTokenizer
    assert tokenizer(["a photo of a circle."]).shape == (1, 24)
    assert transform(Image.new("RGB", (24, 24))).shape == (3, 24, 24)
    assert transform(Image.new("RGB", (60, 40))).shape == (3, 24, 24)


def test_sizes_are_as_documented(clip: Clip) -> None:
    assert sum(p.numel() for p in clip.model.parameters()) == 1_574_401
    assert clip.model.token_embedding.weight.shape == (1085, 128)
    assert clip.model.positional_embedding.shape == (24, 128)
    assert clip.model.visual.image_size == (24, 24)
    assert clip.model.encode_image(torch.zeros(2, 3, 24, 24)).shape == (2, 128)
    for name, limit in FILES.items():
        assert (MODEL / name).stat().st_size <= limit, name


def test_weights_are_finite_and_the_scale_is_trained(clip: Clip) -> None:
    assert all(torch.isfinite(p).all() for p in clip.model.parameters())
    assert 10 < float(clip.model.logit_scale.detach().exp()) < 100


def test_transform_comes_from_the_configuration(clip: Clip) -> None:
    config = json.loads((MODEL / "open_clip_config.json").read_text())["preprocess_cfg"]
    white = clip.transform(Image.new("RGB", (24, 24), (255, 255, 255)))[:, 0, 0]
    expected = (1 - torch.tensor(config["mean"])) / torch.tensor(config["std"])
    assert config["size"] == 24
    torch.testing.assert_close(white, expected)


@torch.no_grad()
def test_encoding_without_prefix_equals_open_clip(clip: Clip) -> None:
    tokens = clip.tokenizer(["a photo of a circle.", "three red stars on a plain background"])
    plain = clip.model.encode_text(tokens, normalize=True)
    torch.testing.assert_close(encode_with_prefix(clip.model, tokens), plain, atol=1e-5, rtol=0)


@torch.no_grad()
def test_words_as_prefix_equal_the_words_as_text(clip: Clip) -> None:
    whole = clip.tokenizer(["a photo of a circle."])
    rest = clip.tokenizer(["of a circle."])
    words = clip.model.token_embedding(whole[0, 1:3])
    prefixed = encode_with_prefix(clip.model, rest, words)
    plain = clip.model.encode_text(whole, normalize=True)
    torch.testing.assert_close(prefixed, plain, atol=1e-5, rtol=0)


def test_room_is_what_the_longest_text_leaves(clip: Clip) -> None:
    tokens = clip.tokenizer(["circle", "a circle"])
    assert room_for_prefix(clip.model, tokens) == 24 - 4  # start, two words, end
