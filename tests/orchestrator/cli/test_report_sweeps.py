"""What an ablation found, on a terminal of 80 columns."""

from __future__ import annotations

import io

from rich.console import Console

from orchestrator.cli.report import show_sweep
from tests.orchestrator.analysis.report.cases import CASES


def shown(case: str) -> str:
    out = io.StringIO()
    for sweep in CASES[case].sweeps:
        show_sweep(sweep, Console(file=out, width=80))
    return out.getvalue()


def test_values_and_regret_are_shown_within_80_columns() -> None:
    text = shown("ablation")
    assert "zip: clip varied" in text
    assert "sqrt_dim (default)" in text
    assert "50.0 ± 2.5" in text
    assert "mean of 2: best is 100, 1.0 ± 0.0 points above the default" in text
    assert "dots: the default is the best value tried" in text
    tables = [line for line in text.splitlines() if "best" not in line]
    assert max(map(len, tables)) <= 80


def test_a_single_seed_says_so() -> None:
    assert "one seed, so no interval" in shown("ablation, one seed")
