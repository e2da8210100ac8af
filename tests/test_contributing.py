"""The examples in CONTRIBUTING.md run as they stand."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.datasets.registry import open_dataset
from querycurve.testing import MethodSuite

PAGE = Path(__file__).parents[1] / "CONTRIBUTING.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture
def examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[ModuleType]:
    """Each as a module of its own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = [f"contributing_example_{number}" for number in range(len(EXAMPLES))]
    for name, text in zip(names, EXAMPLES, strict=True):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    return [importlib.import_module(name) for name in names]


def test_they_run_as_they_stand(examples: list[ModuleType], tmp_path: Path) -> None:
    method, suite, dataset = examples

    class Suite(suite.TestHillClimbing):  # type: ignore[misc,name-defined]
        name = f"{method.__name__}:HillClimbing"

    assert issubclass(Suite, MethodSuite)
    Suite().test_improves_on_a_convex_problem()
    Suite().test_killed_after_any_step_and_resumed_equals_uninterrupted()
    Suite().test_a_plan_knows_what_is_asked()
    birds = open_dataset(f"{dataset.__name__}:Birds", tmp_path)
    assert str(tmp_path / "birds") in (birds.missing() or "")
