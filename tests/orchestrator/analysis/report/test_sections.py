"""Sections say what is known, and say plainly what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.analysis.charts.chart import DotChart
from orchestrator.analysis.report.blocks import (
    FigureBlock,
    Section,
    TableBlock,
    TableCell,
    Text,
    cell_of,
)
from orchestrator.analysis.report.sections import base_to_new, provenance, savings
from orchestrator.analysis.report.sections import summary as summary_section
from orchestrator.analysis.runs import Run
from tests.orchestrator.analysis.builders import needing, zero_shot_run
from tests.orchestrator.analysis.report.cases import (
    CASES,
    DATASETS,
    better,
    comparison,
    grid,
    sections,
)


def by_title(case: str) -> dict[str, Section]:
    return {section.title: section for section in sections(case)}


def texts(section: Section) -> str:
    return " ".join(block.text for block in section.blocks if isinstance(block, Text))


def bold(cell: TableCell | str) -> bool:
    return cell_of(cell).best


def table(section: Section) -> TableBlock:
    return next(block for block in section.blocks if isinstance(block, TableBlock))


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_a_report_that_says_how_it_was_run(case: str) -> None:
    found = by_title(case)
    assert "Accuracy" in found
    assert "Failures" in found
    assert "How it was run" in found
    for section in found.values():
        assert section.blocks, section.title


@pytest.mark.parametrize("case", CASES)
def test_every_figure_and_table_has_a_caption_and_a_name_of_its_own(case: str) -> None:
    blocks = [
        block
        for section in sections(case)
        for block in section.blocks
        if isinstance(block, FigureBlock | TableBlock)
    ]
    assert all(len(block.caption) > 20 for block in blocks)
    for kind in (FigureBlock, TableBlock):
        names = [block.name for block in blocks if isinstance(block, kind)]
        assert len(names) == len(set(names))


def test_the_best_is_bold_and_the_worse_are_marked() -> None:
    summary = table(by_title("whole")["Accuracy"])
    assert summary.header == ("dataset", "zero_shot", "bar", "zip", "bptvlm")
    assert [cell_of(row[0]).text for row in summary.rows[:-1]] == sorted(DATASETS)
    for row in summary.rows:
        assert [cell_of(cell).best for cell in row] == [False, False, False, True, False]
    assert [cell_of(cell).mark for cell in summary.rows[-1]] == ["", "†", "†", "", "†"]
    assert "Holm" in summary.caption


def test_few_datasets_are_not_tested_and_it_says_so() -> None:
    accuracy = by_title("several shots")["Accuracy"]
    assert "not tested: all methods share 2 datasets" in texts(accuracy)
    assert all(cell_of(c).mark == "" for row in table(accuracy).rows for c in row)


def test_a_single_seed_has_no_interval_and_it_says_so() -> None:
    summary = table(by_title("one seed")["Accuracy"])
    assert "one seed, so there are no intervals" in summary.caption
    assert "±" not in "".join(cell_of(cell).text for row in summary.rows for cell in row)


def test_it_says_who_saw_less_than_all_logits() -> None:
    caption = table(by_title("answers")["Accuracy"]).caption
    assert "What the black box told methods: " in caption
    assert "top 5: zip" in caption
    assert "logits: bar, bptvlm" in caption
    assert "Accuracy is measured on all of its scores" in caption
    assert "black box told" not in table(by_title("whole")["Accuracy"]).caption


def test_missing_and_failed_cells_are_said_first() -> None:
    assert "1 cell of the plan has no result" in texts(by_title("incomplete")["Accuracy"])
    assert "1 cell failed" in texts(by_title("some failed")["Accuracy"])
    assert "nothing to compare" in texts(by_title("all failed")["Accuracy"])
    assert "nothing to compare" in texts(by_title("nan accuracies")["Accuracy"])


def test_failures_give_the_error_and_what_is_no_number() -> None:
    rows = table(by_title("all failed")["Failures"]).rows
    assert "the scores are <not> finite" in str(rows[0][1])
    assert "test_loss is not a number from query 1000" in str(
        table(by_title("nan losses")["Failures"]).rows
    )
    unsound = str(table(by_title("nan accuracies")["Failures"]).rows)
    assert "test_accuracy is not a number" in unsound
    assert "remove results/dots-zero_sh*.parquet from the store to run it again" in unsound
    assert "None" in texts(by_title("whole")["Failures"])


def test_a_missing_target_says_what_to_do() -> None:
    assert "target_gain" in texts(by_title("no target")["Queries to target"])
    assert "add the method zero_shot" in texts(by_title("no zero-shot")["Queries to target"])
    assert "Queries saved" not in by_title("no target")


def test_ranks_have_a_critical_difference_where_there_can_be_one() -> None:
    figure = by_title("whole")["Ranks"].blocks[0]
    assert isinstance(figure, FigureBlock)
    assert "Nemenyi" in figure.caption
    assert "no critical difference" in texts(by_title("several shots")["Ranks"])
    assert "Ranks" not in by_title("only zero-shot")


def test_base_to_new_appears_only_where_new_classes_were_tested() -> None:
    assert "Base to new classes" not in by_title("whole")
    rows = table(by_title("base to new")["Base to new classes"]).rows
    assert {cell_of(row[0]).text for row in rows} == {"dots", "letters", "mean of 2"}


def test_money_appears_with_a_price() -> None:
    priced = [b for b in by_title("whole")["Cost"].blocks if isinstance(b, TableBlock)]
    assert priced[0].header[-1] == "money (USD)"
    assert "USD for 1,000 images" in priced[1].header
    assert "names no price" in texts(by_title("no target")["Cost"])


def test_shots_are_compared_each_by_itself() -> None:
    tables = [b for b in by_title("several shots")["Accuracy"].blocks if isinstance(b, TableBlock)]
    assert [t.name for t in tables] == ["accuracy_4_shots", "accuracy_16_shots"]


def test_a_transfer_is_a_table_from_source_to_targets() -> None:
    block = table(by_title("transfer")["Transfer to other datasets"])
    assert block.header == ("dataset", "zero_shot", "bar", "zip", "bptvlm")
    rows = [[cell_of(cell).text for cell in row] for row in block.rows]
    assert [row[0] for row in rows] == [
        "imagenet (source)", "→ dots", "→ letters", "mean of 2 targets",
    ]  # fmt: skip
    assert rows[1][1:] == ["30.0", "-", "41.5 ± 6.4", "-"]
    assert rows[3][1:] == ["30.0", "-", "41.5 ± 6.4", "-"]
    assert "Transfer to other datasets" not in by_title("whole")


def test_only_datasets_that_were_trained_on_have_curves() -> None:
    (block,) = by_title("transfer")["Accuracy over queries"].blocks
    assert isinstance(block, FigureBlock)
    assert [chart.title for chart in block.charts] == ["imagenet"]


def test_what_a_protocol_asks_is_said_in_one_headline() -> None:
    for case, names in (
        ("transfer", ["cross_dataset_imagenet"]),
        ("base to new", ["base_to_new"]),
        ("whole", []),
    ):
        blocks = [b for section in sections(case) for b in section.blocks]
        headlines = [b.name for b in blocks if isinstance(b, TableBlock) and b.headline]
        assert headlines == names


def test_the_accuracy_table_says_which_part_of_a_protocol_it_shows() -> None:
    captions = {case: table(by_title(case)["Accuracy"]).caption for case in ("transfer", "whole")}
    assert "The mean includes the source" in captions["transfer"]
    assert "includes the source" not in captions["whole"]


def test_the_provenance_says_how_images_were_prepared_where_that_was_unusual() -> None:
    run = zero_shot_run(40)
    how = "squashed to 224 x 224 pixels (bicubic)"
    unusual = replace(run, trace=replace(run.trace, provenance={"images": how}))

    def shown(found: Run) -> str:
        (block,) = (b for b in provenance.blocks(comparison([found])) if isinstance(b, TableBlock))
        return str(block.rows)

    assert str(("images", how)) in shown(unusual)
    assert "'images'" not in shown(run)


def test_methods_stand_under_what_they_need() -> None:
    few = [run for run in CASES["accesses"].runs if run.method != "bptvlm"]
    block = next(b for b in summary_section.blocks(comparison(few)) if isinstance(b, TableBlock))
    assert block.header == (
        *("dataset", "zero_shot", "watcher‡", "probe", "bar", "zip", "deep", "deeper"),
    )
    assert block.spans == [
        ("", 1),
        ("strings", 2),
        ("strings with readout", 1),
        ("pixels", 1),
        ("soft context", 1),
        ("inner layers (translucent box)", 2),
    ]
    assert "‡: learns from test images" in block.caption


def test_marks_and_tests_compare_within_a_track() -> None:
    summary = table(by_title("accesses")["Accuracy"])
    for cells in zip(*(row[1:] for row in summary.rows), strict=True):
        best = {str(row[0]) for row, cell in zip(summary.rows, cells, strict=True) if bold(cell)}
        assert best == {"probe", "deeper"}, "the best plain method, though others are better"
    marks = {str(row[0]): cell_of(row[-1]) for row in summary.rows}
    assert marks["deep"].mark == "†"
    assert marks["probe"].mark == marks["deeper"].mark == ""
    assert "Bold, marks, ranks and tests compare within a track" in summary.caption
    assert "track" not in table(by_title("whole")["Accuracy"]).caption


def test_a_method_alone_in_its_track_is_the_best_of_nothing() -> None:
    runs = [run for run in CASES["accesses"].runs if run.method != "deep"]
    blocks = [*summary_section.blocks(comparison(runs))]
    (summary,) = [block for block in blocks if isinstance(block, TableBlock)]
    assert not any(bold(row[-1]) for row in summary.rows)
    assert not any("no two methods" in block.text for block in blocks if isinstance(block, Text))


def test_each_track_is_ranked_by_itself() -> None:
    figures = [b for b in by_title("accesses")["Ranks"].blocks if isinstance(b, FigureBlock)]
    plain, translucent = (figure.charts[0] for figure in figures)
    assert isinstance(plain, DotChart)
    assert isinstance(translucent, DotChart)
    assert [dot.label for dot in plain.dots][:2] == ["probe", "zip"]
    assert [(dot.label, dot.value) for dot in translucent.dots] == [("deeper", 1), ("deep", 2)]
    assert figures[1].name == "ranks_translucent"


def test_queries_are_saved_against_methods_of_the_same_track() -> None:
    saved = table(by_title("accesses")["Queries saved"])
    rows = {str(row[0]): row for row in saved.rows}
    assert set(rows) == {"bar", "bptvlm", "deep", "deeper", "probe", "watcher", "zip"}
    alone = [run for run in CASES["accesses"].runs if run.method not in ("deep", "deeper")]
    without = [b for b in savings.blocks(comparison(alone)) if isinstance(b, TableBlock)]
    assert {str(row[0]): row for row in without[0].rows}["zip"] == rows["zip"]


def test_access_and_deployment_are_told_for_each_method() -> None:
    block = table(by_title("accesses")["Access and deployment"])
    rows = {str(row[0]): row[2:] for row in block.rows}
    assert rows["zero_shot"] == ("plain box", "no", "no", "8")
    assert rows["watcher‡"] == ("plain box", "no", "yes", "-")
    assert rows["deep"] == ("translucent box", "no", "no", "-")
    assert rows["probe"][1] == "no", "its trace says so: it was deployed without its readout"
    groups = dict(zip(rows, block.row_groups, strict=True))
    assert (groups["probe"], groups["zip"]) == ("strings with readout", "soft context")


def test_costs_of_training_and_of_use_stand_apart() -> None:
    training, use = (b for b in by_title("accesses")["Cost"].blocks if isinstance(b, TableBlock))
    assert (training.name, use.name) == ("cost", "cost_in_use")
    trained = dict(
        zip(training.header, next(r for r in training.rows if r[0] == "zip"), strict=True)
    )
    # 21 runs of 1,000 queries of 128 images each; of datasets whose training images are unknown
    assert (trained["queries"], trained["images"]) == ("21,000", "2,688,000")
    assert (trained["whole-set evaluations"], trained["tuning queries"]) == ("-", "0")
    assert "1,000 test images; see the section on it" in use.caption
    used = dict(zip(use.header, use.rows[0], strict=True))
    # at 2 USD for 1,000 queries, of which an image takes 8
    assert (used["queries a test image"], used["USD for 1,000 images"]) == ("8", "16.00")


def test_base_to_new_is_marked_within_a_track() -> None:
    runs = grid(("dots", "letters"), new_accuracy=35.0)
    runs += [needing(better(r, "deep", 9), "inner layers") for r in runs if r.method == "zip"]
    (block,) = base_to_new.blocks(comparison(runs))
    assert isinstance(block, TableBlock)
    assert {cell_of(row[1]).text for row in block.rows if cell_of(row[-1]).best} == {"zip"}
    assert [row[1] for row in block.rows[:4]] == ["bar", "zip", "bptvlm", "deep"]
