"""The benchmark compares like with like: both sides answer the same query."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch

from orchestrator.oracle import cpu_formats
from tests.performance.bench import __main__ as bench
from tests.performance.bench.cases import Case, sides
from tests.performance.bench.costs import (
    Extent,
    Speed,
    expected_seconds,
    naive_flops,
    step_flops,
)
from tests.performance.bench.machine import Machine, flops, share
from tests.performance.bench.rows import measured
from tests.performance.fitting import Allowance

CPU = torch.device("cpu")


@pytest.mark.parametrize("method", ["zip", "bar", "blackvip", "bptvlm"])
def test_naive_computation_and_oracle_give_the_same_logits(method: str) -> None:
    both = sides(Case(method, 3), batch=2, layers=2, device=CPU)
    with torch.inference_mode():
        naive: Any = both.naive()
        oracle: Any = both.oracle()
    assert oracle.shape == (both.queries, 2, 3)
    torch.testing.assert_close(oracle[0], naive, rtol=1e-5, atol=2e-5)


def test_rows_of_a_format_without_instructions_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cpu_formats, "multiplies", lambda precision: precision != "bf16")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = _said(monkeypatch, capsys, peak=1e15)
    assert "left out: this CPU has no bf16 instructions" in said
    assert "| zip fp32 |" in said
    assert "| zip bf16" not in said


def test_a_slow_machine_keeps_the_most_telling_row_and_says_what_it_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fast = _said(monkeypatch, capsys, "--rounds", "3", peak=1e15)
    assert "nothing was left out" in fast
    assert "to end in time" not in fast
    slow = _said(monkeypatch, capsys, "--rounds", "3", peak=1e9)
    first, *others = [line for line in slow.splitlines() if line.startswith("| zip fp32 |")]
    assert "with 2 layers, 4 images and 1 turn, to end in time" in first
    assert not others
    assert "left out, as 3 minutes have no room for them: zip fp32, 100 classes: about" in slow


def _said(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *options: str,
    peak: float,
) -> str:
    """What the benchmark prints on a machine of some speed, where rows take what is expected."""
    threads, now = str(torch.get_num_threads()), [0.0]
    speed = Speed("cpu", {"fp32": peak, "bf16": peak})

    def row(case: Case, extent: Extent, *_: object) -> str:
        now[0] += expected_seconds(case, extent, speed)
        return f"| {case.title} |"

    monkeypatch.setattr(bench, "Allowance", partial(Allowance, clock=lambda: now[0]))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(Machine, "peak", lambda *_: peak)
    monkeypatch.setattr(bench, "measured", row)
    monkeypatch.setattr("sys.argv", ["bench", "--threads", threads, *options])
    bench.main()
    return capsys.readouterr().out


def test_what_a_row_should_take_is_near_the_operations_that_are_counted() -> None:
    case, extent = Case("zip", 5), Extent(layers=2, batch=2, rounds=1)
    row = measured(case, extent, Machine(CPU, torch.get_num_threads()), peak=1e9)
    assert 0.7 < naive_flops(case, extent) / row.naive_flops < 1.5
    assert 0.7 < step_flops(case, extent) / (10 * row.oracle_flops) < 3


@pytest.mark.parametrize("case", bench.CASES, ids=lambda case: f"{case.title} {case.classes}")
def test_more_layers_images_turns_and_classes_take_longer(case: Case) -> None:
    speed = Speed("cpu", {"fp32": 1e11, "bf16": 5e11})
    plain = expected_seconds(case, Extent(2, 16, 1), speed)
    for more in (Extent(12, 16, 1), Extent(2, 128, 1), Extent(2, 16, 3)):
        assert expected_seconds(case, more, speed) > plain
    wider = replace(case, classes=10 * case.classes)
    assert expected_seconds(wider, Extent(2, 16, 1), speed) >= plain


def test_a_step_encodes_its_images_anew() -> None:
    both = sides(Case("zip", 3), batch=2, layers=2, device=CPU)
    with torch.inference_mode():
        first, second = flops(both.oracle), flops(both.oracle)
    assert second > 0.9 * first > 2 * 197 * 24 * 768**2


@pytest.mark.parametrize(("peak", "text"), [(0, ""), (1e3, ""), (4e3, "50%"), (1.9e3, "105%")])
def test_a_share_of_no_peak_is_left_out(peak: float, text: str) -> None:
    assert share(2e3, 1.0, peak) == text


def test_flops_are_those_of_the_products() -> None:
    left, right = torch.ones(4, 8), torch.ones(8, 16)
    assert flops(lambda: left @ right) == 2 * 4 * 8 * 16
