"""All four protocols on the embedded default, with every kind of prompt, from spec to report."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.analysis.report.blocks import TableBlock
from orchestrator.cli.report import write_plan_report
from orchestrator.plan.plan import Plan
from orchestrator.spec.load import load_spec, spec_as_yaml
from tests.orchestrator.plan.test_transfers import Desk

FEW = ("seeds=[1]", "shots=[2]", "budget=36", "evaluation.points=1")
PROTOCOLS = ("few_shot", "base_to_new", "cross_dataset", "out_of_distribution")


def run(desk: Desk, protocol: str) -> tuple[Plan, tuple[TableBlock, ...]]:
    """Runs what a pocket spec has left; the plan afterwards, and what its report says first."""
    plan = desk.plan_of(f"pocket_{protocol}", *FEW)
    for cell in plan.to_run():
        outcome = desk.run(cell, plan)
        assert outcome.status == "finished", outcome.error
    done = desk.plan_of(f"pocket_{protocol}", *FEW)
    return done, write_plan_report(done, desk.store, desk.folder / "report").headlines


@pytest.mark.usefixtures("few_test_images")
def test_one_store_serves_all_protocols_and_trains_nothing_twice(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    trained: list[set[str]] = []
    for protocol in PROTOCOLS:
        plan, headlines = run(desk, protocol)
        assert set(plan.counts()) == {"done"}
        assert bool(headlines) == (protocol != "few_shot")
        trained.append({cell.key for cell in plan.cells if cell.cell.queries})
        for cell in plan.cells:
            trace = desk.store.finished(cell.key)
            assert trace.last("test_accuracy") is not None
            assert trace.ledgers["method"]["queries"] <= cell.cell.queries
            assert (trace.last("new_accuracy") is not None) == (protocol == "base_to_new")
    few_shot, base_to_new, cross_dataset, out_of_distribution = trained
    assert few_shot == cross_dataset == out_of_distribution
    assert not few_shot & base_to_new
    assert desk.store.prompt_keys() == few_shot | base_to_new


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_protocol_has_the_papers_spec_and_an_embedded_twin(protocol: str) -> None:
    paper, pocket = load_spec(protocol), load_spec(f"pocket_{protocol}")
    assert paper.protocol == pocket.protocol == protocol
    assert (paper.shots, paper.seeds, paper.budget) == ((16,), (1, 2, 3), 5000)
    assert (paper.backbone.model, pocket.backbone.model) == ("ViT-B/16", "pocket")
    same = ("shots", "seeds", "methods", "budget", "batch_size", "augmentation", "evaluation")
    few_shot = load_spec("few_shot")
    assert all(getattr(paper, name) == getattr(few_shot, name) for name in same)
    assert f"protocol: {protocol}" in spec_as_yaml(pocket)
