"""A dataset without images to test on is refused in the plan, not divided by in a trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from benchmarks.datasets.interface import Item, Split
from benchmarks.pocket.datasets import PocketDots
from orchestrator.errors import UserError
from orchestrator.spec.load import load_spec
from orchestrator.store.store import Store
from tests.conformance.memory_storage import MemoryStorage
from tests.orchestrator.plan.strict_plan import strict_plan


@pytest.mark.parametrize(
    ("protocol", "kept", "message"),
    [
        ("few_shot", lambda _: False, "pocket_dots: .* no readable test images to measure"),
        ("base_to_new", lambda item: item.label == 0, "no readable test images of five, six"),
        ("base_to_new", lambda item: item.label == 7, "no readable test images of one, two"),
    ],
)
def test_nothing_to_test_on_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, protocol: str, kept: Callable[[Item], bool], message: str
) -> None:
    whole = PocketDots.items

    def fewer(self: PocketDots, split: Split) -> Sequence[Item]:
        found = whole(self, split)
        return [item for item in found if kept(item)] if split == "test" else found

    monkeypatch.setattr(PocketDots, "items", fewer)
    words = ("datasets=[pocket_dots]", "methods=[zero_shot, zip]", f"protocol={protocol}")
    with pytest.raises(UserError, match=message):
        strict_plan(load_spec("demo", words), Store(MemoryStorage()), Path())


def test_a_blind_plan_needs_no_test_images(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = PocketDots.items
    monkeypatch.setattr(
        PocketDots, "items", lambda self, split: () if split == "test" else whole(self, split)
    )
    words = ("datasets=[pocket_dots]", "methods=[zip]")
    plan = strict_plan(load_spec("demo", words), Store(MemoryStorage()), Path(), blind=True)
    assert plan.to_run()
