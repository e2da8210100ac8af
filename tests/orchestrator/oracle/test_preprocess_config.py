"""Images are prepared as open_clip would, for every published tag and for a model's folder."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from open_clip.pretrained import get_pretrained_cfg
from open_clip.transform import PreprocessCfg, image_transform_v2, merge_preprocess_dict
from PIL import Image

from benchmarks.preprocessing import CLIP_MEAN, CLIP_STD, Preprocessing
from methods.bar import Bar, BarSettings
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, preprocessing_of
from orchestrator.oracle.space import planned_space
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.store import Store
from tests.conformance.memory_storage import MemoryStorage
from tests.conformance.tiny_clip import write_tiny_clip
from tests.orchestrator.plan.strict_plan import strict_plan

SHAPES = ((61, 40), (40, 61), (7, 5), (5, 97), (130, 6))
"""Landscape, portrait, tiny, and two extremes; some are smaller than any model's input."""


@cache
def picture(shape: tuple[int, int], mode: str) -> Image.Image:
    width, height = shape
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def assert_equal(ours: Preprocessing, theirs: Any, modes: tuple[str, ...] = ("RGB", "L")) -> None:
    for shape in SHAPES:
        for mode in modes:
            image = picture(shape, mode)
            assert torch.equal(ours.test(image), theirs(image)), (ours, shape, mode)


def test_every_published_tag_is_prepared_for_as_open_clip_does() -> None:
    found: dict[str, tuple[Preprocessing, PreprocessCfg]] = {}
    for model, tag in open_clip.list_pretrained():
        ours = preprocessing_of(ResolvedBackbone(model, model, tag, ""), "none")
        stated = merge_preprocess_dict(asdict(PreprocessCfg()), get_pretrained_cfg(model, tag))
        size = open_clip.get_model_config(model)["vision_cfg"]["image_size"]
        theirs = PreprocessCfg(**{**stated, "size": size})
        known, _ = found.setdefault(str(theirs), (ours, theirs))
        assert known == ours
    assert len({ours.digest() for ours, _ in found.values()}) == len(found) > 20
    assert {ours.resize_mode for ours, _ in found.values()} == {"shortest", "squash"}
    for ours, theirs in found.values():
        assert_equal(ours, image_transform_v2(theirs, is_train=False), ("RGB",))


@pytest.mark.parametrize(
    ("model", "tag"), [("ViT-B-16-SigLIP", "random"), ("PE-Core-B-16", "/a/checkpoint.pt")]
)
def test_without_a_tag_open_clip_knows_no_other_way_than_clips(model: str, tag: str) -> None:
    ours = preprocessing_of(ResolvedBackbone(model, model, tag, ""), "none")
    assert ours == Preprocessing(224, CLIP_MEAN, CLIP_STD)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ResolvedBackbone:
    return write_tiny_clip(tmp_path_factory.mktemp("tiny") / "clip")


def stated(tiny: ResolvedBackbone, preprocess: Any, image_size: Any = 16) -> None:
    """Has the model's folder state a configuration."""
    assert tiny.folder is not None
    path = tiny.folder / "open_clip_config.json"
    config = json.loads(path.read_text())
    config["model_cfg"]["vision_cfg"]["image_size"] = image_size
    path.write_text(json.dumps({**config, "preprocess_cfg": preprocess}))


@pytest.mark.parametrize(
    "preprocess",
    [
        None,
        {"size": 99, "mode": "RGB", "mean": None, "interpolation": "", "unknown": 3},
        {"resize_mode": "squash", "interpolation": "bilinear", "mean": [0.5, 0.4, 0.3]},
        {"resize_mode": "longest", "fill_color": 127, "std": 0.5, "mean": 0.25},
        {"resize_mode": "longest", "fill_color": [1, 2, 200], "interpolation": "random"},
        {"resize_mode": "shortest", "interpolation": "bilinear", "mean": 0, "std": [0.5]},
    ],
)
def test_a_folder_is_prepared_for_as_open_clip_does(
    tiny: ResolvedBackbone, preprocess: Any
) -> None:
    stated(tiny, preprocess)
    _, _, theirs = open_clip.create_model_and_transforms(tiny.model, load_weights=False)
    coloured = isinstance((preprocess or {}).get("fill_color"), list)
    modes = ("RGB",) if coloured else ("RGB", "L")  # open_clip can't pad a grey image in colour
    assert_equal(preprocessing_of(tiny, "none"), theirs, modes)


def test_nearest_which_open_clip_only_announces_is_nearest(tiny: ResolvedBackbone) -> None:
    stated(tiny, {"interpolation": "nearest", "mean": [0, 0, 0], "std": 1})
    image = Image.fromarray(np.array([[[0] * 3, [255] * 3]], dtype=np.uint8))
    assert set(preprocessing_of(tiny, "none").test(image).unique().tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("preprocess", "image_size", "message"),
    [
        ({"resize_mode": "squish"}, 16, r"resize_mode is 'squish'.*Did you mean: squash"),
        ({"interpolation": "lanczos"}, 16, r"interpolation is 'lanczos'"),
        ({"mode": "L"}, 16, r"mode is 'L'"),
        ({"mean": [0.5, 0.5]}, 16, r"mean must be three numbers, got \[0.5, 0.5\]"),
        ({"mean": "grey"}, 16, r"mean must be three numbers"),
        ({"std": [1, 0, 1]}, 16, r"std must not be zero"),
        ({"fill_color": 300}, 16, r"fill_color must lie between 0 and 255"),
        (["squash"], 16, r"preprocess_cfg must be a mapping"),
        ({}, [32, 16], r"takes images of 32 x 16 pixels, but only square"),
        ({}, "16", r"image_size must be a number of pixels"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_the_plan(
    tiny: ResolvedBackbone, preprocess: Any, image_size: Any, message: str
) -> None:
    stated(tiny, preprocess, image_size)
    words = (f"backbone={tiny.model}", "datasets=[pocket_dots]", "methods=[zero_shot]")
    with pytest.raises(UserError, match=message):
        strict_plan(load_spec("demo", words), Store(MemoryStorage()), Path())


def test_a_pair_of_equal_sides_is_one_size(tiny: ResolvedBackbone) -> None:
    stated(tiny, {}, [16, 16])
    assert preprocessing_of(tiny, "none").size == 16


def test_the_plan_says_how_images_are_prepared_unless_it_is_clips_way(
    tiny: ResolvedBackbone,
) -> None:
    words = (f"backbone={tiny.model}", "datasets=[pocket_dots]", "methods=[zero_shot]")

    def planned() -> Any:
        return make_plan(load_spec("demo", words), Store(MemoryStorage()), Path())

    stated(tiny, {})
    usual = planned()
    stated(tiny, {"resize_mode": "squash", "interpolation": "bilinear", "mean": 0.5})
    squashed = planned()
    assert usual.notes == ()
    (note,) = squashed.notes
    assert "are squashed to 16 x 16 pixels (bilinear), mean 0.5 0.5 0.5, std 0.2686" in note
    assert usual.cells[0].key != squashed.cells[0].key
    assert usual.cells[0].features != squashed.cells[0].features


def test_a_methods_own_size_is_reached_in_the_models_way(tiny: ResolvedBackbone) -> None:
    stated(tiny, {"resize_mode": "squash"})
    size = Bar.image_size(planned_space(tiny, ()), BarSettings())
    assert size < 16
    shown = replace(preprocessing_of(tiny, "none"), size=size).test(picture((61, 40), "RGB"))
    whole = picture((61, 40), "RGB").resize((size, size), Image.Resampling.BICUBIC)
    assert torch.equal(shown, Preprocessing(size, CLIP_MEAN, CLIP_STD).test(whole))
