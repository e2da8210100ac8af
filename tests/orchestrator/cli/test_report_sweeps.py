"""What an ablation found, on a terminal of 80 columns."""

from __future__ import annotations

from functools import partial

from orchestrator.cli.report import show_sweep
from tests.orchestrator.analysis.report.cases import CASES
from tests.orchestrator.cli.verbs import shown


def sweeps(case: str) -> str:
    return "".join(shown(partial(show_sweep, sweep), 80) for sweep in CASES[case].sweeps)


def test_values_and_regret_are_shown_within_80_columns() -> None:
    text = sweeps("ablation")
    assert "zip: clip varied" in text
    assert "sqrt_dim (default)" in text
    assert "50.0 ± 2.5" in text
    assert "mean of 2: best is 100, 1.0 ± 0.0 points above the default" in text
    assert "dots: the default is the best value tried" in text
    tables = [line for line in text.splitlines() if "best" not in line]
    assert max(map(len, tables)) <= 80


def test_a_single_seed_says_so() -> None:
    assert "one seed, so no interval" in sweeps("ablation, one seed")
