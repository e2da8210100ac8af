"""The report says by what each dataset's images are known, and if they were not the same."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.analysis.report.blocks import TableBlock
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections.provenance import blocks
from orchestrator.analysis.runs import Run
from tests.orchestrator.analysis.builders import make_run, seeing, zero_shot_run


def known_by(dataset: str, seed: int, basis: str, digest: str = "") -> Run:
    run = make_run([(0, 50.0)], dataset=dataset, seed=seed)
    provenance = {"data": {"basis": basis, "digest": digest}}
    return replace(run, trace=replace(run.trace, provenance=provenance))


def data_table(*runs: Run) -> TableBlock | None:
    tables = [block for block in blocks(Comparison("demo", runs)) if isinstance(block, TableBlock)]
    return next((table for table in tables if table.name == "data"), None)


def test_it_says_what_methods_saw_of_the_black_box() -> None:
    runs = (zero_shot_run(40.0), make_run([(0, 50.0)]), seeing(make_run([(0, 50.0)]), kind="label"))
    (table, *_) = blocks(Comparison("demo", runs))
    assert isinstance(table, TableBlock)
    assert ("answers", "label, logits") in table.rows


def facts(*runs: Run) -> dict[str, str]:
    (table, *_) = blocks(Comparison("demo", runs))
    assert isinstance(table, TableBlock)
    return {str(name): str(value) for name, value in table.rows}


def test_all_scores_are_not_worth_a_line() -> None:
    assert "answers" not in facts(zero_shot_run(40.0), make_run([(0, 50.0)]))


def test_answers_that_hold_commas_stand_apart() -> None:
    rounded = seeing(make_run([(0, 50.0)]), kind="log_probabilities", digits=2)
    known = facts(rounded, make_run([(0, 50.0)]))
    assert known["answers"] == "log-probabilities, 2 digits; logits"


def test_a_service_is_known_by_its_model_and_fingerprint() -> None:
    run = make_run([(0, 50.0)])
    told = {"model": "pocket", "fingerprint": "0123456789abcdef0123456789abcdef"}
    cell = {**run.trace.cell, "backbone": f"service:pocket:{told['fingerprint']}"}
    trace = replace(run.trace, cell=cell, provenance={"service": told})
    known = facts(replace(run, trace=trace))
    assert known["behind a service"] == "model pocket, fingerprint 0123456789abcdef"
    assert "weights digest" not in known


def test_each_dataset_has_a_line() -> None:
    table = data_table(
        known_by("dtd", 1, "counts and sizes"),
        known_by("birds", 1, "read", "ab"),
        known_by("birds", 2, "packed", "ab"),
    )
    assert table is not None
    assert table.rows == (
        ("birds", "every byte when packed, every byte when run", "ab", ""),
        ("dtd", "counts and sizes", "", ""),
    )


def test_two_digests_of_one_dataset_are_pointed_out() -> None:
    table = data_table(known_by("dtd", 1, "verified", "ab"), known_by("dtd", 2, "verified", "cd"))
    assert table is not None
    ((_, _, digests, note),) = table.rows
    assert digests == "ab, cd"
    assert note == "2 different digests: its cells were not all run on the same images"


def test_traces_that_say_nothing_have_no_table() -> None:
    assert data_table(make_run([(0, 50.0)])) is None
