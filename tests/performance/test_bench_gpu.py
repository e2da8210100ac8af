"""The GPU table, on a CPU: the same code on next to nothing, without Ray's processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.performance.bench.machine import Machine
from tests.performance.cards import nominal_peak
from tests.performance.gpu import __main__ as bench_gpu
from tests.performance.gpu import steps
from tests.performance.gpu.__main__ import main
from tests.performance.gpu.outcome import Outcome, at_least, at_most
from tests.performance.gpu.setting import Setting, in_threads, tiny, whole
from tests.performance.gpu.table import line


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(Machine, "peak", lambda *_: 1e15)  # seconds by themselves on a CPU


def tried(folder: Path, *groups: str) -> int:
    words = ("--try-on-cpu", "--out", str(folder), "--only", *groups)
    return main(words, in_threads(tiny()))


def test_without_a_gpu_it_says_what_it_would_measure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(()) == 2
    said = capsys.readouterr().out
    assert "There is no GPU" in said
    assert "would measure" in said
    assert "--try-on-cpu" in said


def test_rows_are_measured_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tried(tmp_path, "tower", "cell", "oracle", "sharing") == 0
    said = capsys.readouterr().out
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert [row["row"].split(",")[0] for row in found["rows"]] == [
        "image tower",
        "ZIP cell of 20 queries",
        "zip fp32",
        "1 trial a GPU",
        "2 trials a GPU",
    ]
    assert all(row["figure"] and not row["error"] for row in found["rows"])
    assert all(row["met"] is None for row in found["rows"])  # a CPU has no goals
    block = (tmp_path / "gpu.md").read_text()
    assert all(text in said for text in block.splitlines())
    assert "these figures mean nothing" in block


def test_a_row_that_fails_says_why_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_setting: Setting, _folder: Path) -> Iterator[Outcome]:
        raise RuntimeError("Traceback and so on\nCUDA error: misaligned address\n\n")
        yield Outcome("never")

    monkeypatch.setattr(steps, "zip_row", broken)
    monkeypatch.setattr(steps, "tower_row", lambda *_, **__: iter([Outcome("tower", "fast")]))
    assert tried(tmp_path, "cell", "tower") == 1
    said = capsys.readouterr().out
    assert "| ZIP cell | RuntimeError: CUDA error: misaligned address |  | failed |" in said
    assert "| tower | fast |" in said
    assert "failed: ZIP cell" in said


def test_what_does_not_fit_the_minutes_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_gpu, "tiny", lambda: in_threads(tiny()))
    monkeypatch.setattr(steps, "tower_row", lambda *_, **__: iter([Outcome("tower", "fast")]))
    words = ("--try-on-cpu", "--minutes", "0", "--only", "tower", "sharing")
    assert main((*words, "--out", str(tmp_path))) == 0
    said = capsys.readouterr().out
    assert "left out, as 0 minutes have no room for them: 1 trials a GPU: about" in said
    assert json.loads((tmp_path / "gpu.json").read_text())["left_out"]


def test_the_whole_table_has_every_precision_with_and_without_a_compiler(tmp_path: Path) -> None:
    titles = {step.title for step in steps.steps(whole(), tmp_path)}
    for precision in ("fp32", "tf32", "bf16"):
        for compiled in ("", ", compiled"):
            assert any(title.endswith(f"{precision}{compiled}") for title in titles)
    assert {"1 trials a GPU", "2 trials a GPU", "4 trials a GPU", "bench-cell"} <= titles
    assert whole().cell.budget == 5000
    assert whole().extent.layers == 12


def test_goals_are_met_or_missed() -> None:
    assert at_most("cell", 19.0, 20.0, "19 s").verdict == "met"
    assert at_most("cell", 21.0, 20.0, "21 s").verdict == "missed"
    assert at_least("tower", 0.4, 0.5, "40%").verdict == "missed"
    assert line(at_least("tower", 0.6, 0.5, "60%")) == "| tower | 60% | >= 50% | met |"
    assert Outcome("other", "1").verdict == ""


def test_the_nominal_peak_is_that_of_the_card() -> None:
    assert nominal_peak("NVIDIA H100 80GB HBM3") == 989e12
    assert nominal_peak("NVIDIA H100 PCIe") == 756e12
    assert nominal_peak("NVIDIA A100-SXM4-80GB") == 312e12
    assert nominal_peak("some CPU") is None
