"""The measurement, and what it says about the shipped sets."""

import sys
from pathlib import Path

import pytest

from benchmarks.datasets.interface import Dataset, Item
from benchmarks.datasets.registry import open_dataset
from benchmarks.pocket.build import baselines, measure
from benchmarks.pocket.build.baselines import gradient_reference, linear_probe, zero_shot
from benchmarks.pocket.build.clip import Clip, Encoded, encode_images, load_clip
from benchmarks.pocket.build.measure import SHOTS, Measured, first_shots

ADMITTED = ("textures", "dots", "letters", "outlines", "negatives")


@pytest.fixture(scope="module")
def clip() -> Clip:
    return load_clip()


def _shots(clip: Clip, dataset: Dataset) -> tuple[Encoded, Encoded, Encoded]:
    train = encode_images(clip, dataset, first_shots(dataset.items("train"), SHOTS))
    val = encode_images(clip, dataset, dataset.items("val"))
    return train, val, encode_images(clip, dataset, dataset.items("test"))


@pytest.mark.parametrize("name", ADMITTED)
def test_admitted_sets_leave_something_to_gain(clip: Clip, name: str) -> None:
    dataset = open_dataset(f"pocket_{name}", Path())
    names, template = dataset.class_names(), dataset.card.templates[0]
    train, val, test = _shots(clip, dataset)
    shown = Measured(
        zero_shot(clip, names, template, val),
        linear_probe(train, val, val),
        gradient_reference=0.0,
    )
    assert shown.verdict == "admitted"
    # The rule holds on validation images; test images may differ by chance.
    assert 30 <= zero_shot(clip, names, template, test) <= 70


@pytest.mark.parametrize(("name", "low", "high"), [("silhouettes", 50, 80), ("realdigits", 25, 60)])
def test_the_other_sets_are_where_they_are_said_to_be(
    clip: Clip, name: str, low: float, high: float
) -> None:
    dataset = open_dataset(f"pocket_{name}", Path())
    test = encode_images(clip, dataset, dataset.items("test"))
    reached = zero_shot(clip, dataset.class_names(), dataset.card.templates[0], test)
    assert low <= reached <= high


def test_gradients_improve_a_prompt(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "STEPS", 41)
    monkeypatch.setattr(baselines, "LEARNING_RATES", (1e-2,))
    dataset = open_dataset("pocket_dots", Path())
    names = dataset.class_names()
    train, val, _ = _shots(clip, dataset)
    before = [parameter.clone() for parameter in clip.model.parameters()]
    reached = gradient_reference(clip, names, train, val, val)
    assert reached > zero_shot(clip, names, dataset.card.templates[0], val)
    assert all((a == b).all() for a, b in zip(before, clip.model.parameters(), strict=True))


def test_first_shots_come_from_every_class_in_order() -> None:
    items = [Item(str(row), row % 3) for row in range(12)]
    assert [item.reference for item in first_shots(items, 2)] == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize(
    ("reached", "probe", "verdict"),
    [
        (34.9, 90, "too hard"),
        (65.1, 90, "too easy"),
        (50, 59.9, "no headroom"),
        (35, 45, "admitted"),
        (65, 75, "admitted"),
    ],
)
def test_the_admission_rule(reached: float, probe: float, verdict: str) -> None:
    assert Measured(reached, probe, 0).verdict.startswith(verdict)


def test_an_unknown_dataset_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["measure", "pocket_doodles"])
    with pytest.raises(SystemExit):
        measure.main()
    assert "unknown dataset 'pocket_doodles'; known: pocket_dots" in capsys.readouterr().err
