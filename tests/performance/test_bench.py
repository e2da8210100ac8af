"""The benchmark compares like with like: both sides answer the same query."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from orchestrator.oracle import cpu_formats
from tests.performance.bench import __main__ as bench
from tests.performance.bench.cases import Case, sides
from tests.performance.bench.machine import Machine, flops, share

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
    monkeypatch.setattr(Machine, "peak", lambda *_: 1e9)
    monkeypatch.setattr(bench, "_row", lambda case, *_: f"| {case.title} |")
    monkeypatch.setattr("sys.argv", ["bench", "--threads", str(torch.get_num_threads())])
    bench.main()
    said = capsys.readouterr().out
    assert "left out: this CPU has no bf16 instructions" in said
    assert "| zip fp32 |" in said
    assert "| zip bf16" not in said


@pytest.mark.parametrize(("peak", "text"), [(0, ""), (1e3, ""), (4e3, "50%"), (1.9e3, "105%")])
def test_a_share_of_no_peak_is_left_out(peak: float, text: str) -> None:
    assert share(2e3, 1.0, peak) == text


def test_flops_are_those_of_the_products() -> None:
    left, right = torch.ones(4, 8), torch.ones(8, 16)
    assert flops(lambda: left @ right) == 2 * 4 * 8 * 16
