"""The headline: who leads, with the tables' own numbers, and no more than these can tell."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from orchestrator.analysis.report.blocks import TableBlock, cell_of
from orchestrator.analysis.report.headline.sentences import headline_of
from orchestrator.analysis.runs import Run
from tests.orchestrator.analysis.builders import make_run, seeing, zero_shot_run
from tests.orchestrator.analysis.report.cases import CASES, comparison, grid, sections
from tests.orchestrator.analysis.report.test_search_section import COMPARISON as SEARCHED

ANSWERING = ("Accuracy", "Base to new classes", "Transfer to other datasets")


def told(runs: list[Run], **changes: object) -> str:
    return headline_of(comparison(runs, **changes))[0]


def case(name: str) -> str:
    return " ".join(headline_of(CASES[name]))


def seeds(method: str, levels: list[float], dataset: str = "dots") -> list[Run]:
    return [
        make_run([(0, 30.0), (1000, level)], method=method, seed=seed, dataset=dataset)
        for seed, level in enumerate(levels, start=1)
    ]


@pytest.mark.parametrize("name", CASES)
def test_every_percentage_is_one_that_a_table_shows(name: str) -> None:
    shown = {
        re.split(r" ± | \[", cell_of(cell).text)[0]
        for section in sections(name)
        if section.title in ANSWERING
        for block in section.blocks
        if isinstance(block, TableBlock)
        for row in block.rows
        for cell in row
    }
    found = re.findall(r"([\d.]+) %", case(name))
    assert set(found) <= shown
    assert found or "nothing to compare" in case(name)


def test_leader_follower_and_zero_shot_come_with_queries_cells_and_time() -> None:
    assert case("whole") == (
        "After 1,000 queries zip leads with 64.8 % (mean of 7 datasets); bptvlm follows with "
        "58.8 %, zero-shot has 49.0 %. Over 7 datasets, its lead over bptvlm is significant. "
        "70 cells, 2 min 20 s of work."
    )


def test_a_lead_that_seeds_do_not_show_is_not_claimed() -> None:
    close = told([*seeds("zip", [50.0, 54.0, 52.0]), *seeds("bar", [53.0, 50.0, 52.0])])
    assert "The lead over bar is within its interval over 3 seeds, so it may be chance." in close
    assert "One dataset is too few to say what holds on others." in close
    clear = told([*seeds("zip", [60.0, 61.0, 62.0]), *seeds("bar", [50.0, 51.0, 52.0])])
    assert "beyond its interval over 3 seeds" in clear


def test_one_seed_and_equal_numbers_are_no_lead() -> None:
    assert "That is of one seed" in case("one seed")
    equal = told([*seeds("zip", [50.0, 51.0]), *seeds("bar", [51.0, 50.02])])
    assert "bar and zip are level with 50.5 %." in equal
    assert "lead" not in equal


def test_what_the_test_over_datasets_does_not_find_is_said() -> None:
    assert "its lead over bptvlm is not significant" in case("incomplete")


def test_a_method_alone_leads_nothing() -> None:
    alone = told(seeds("zip", [50.0, 51.0]))
    assert alone == (
        "After 1,000 queries on dots zip reaches 50.5 %; there is nothing beside it to compare."
    )
    beside = told([*seeds("zip", [50.0, 51.0]), zero_shot_run(40)])
    assert "zip reaches 50.5 %; zero-shot has 40.0 %." in beside
    assert "On dots, zero-shot has 40.0 %; no method that trains is done." in case("only zero-shot")


def test_no_method_is_said_to_lead_below_zero_shot() -> None:
    worse = told([*seeds("zip", [50.0, 51.0]), *seeds("bar", [40.0, 41.0]), zero_shot_run(60)])
    assert worse == (
        "After 1,000 queries on dots no method that trains beats zero-shot, which has 60.0 %: zip "
        "ends with 50.5 %."
    )
    level = told([*seeds("zip", [50.04]), *seeds("bar", [40.0]), zero_shot_run(49.96)])
    assert "no method that trains beats zero-shot, which has 50.0 %" in level
    other = make_run([(0, 70.0)], method="zero_shot@ensemble", seed=0, shots=0)
    assert "beats zero_shot@ensemble, which has 70.0 %: zip ends" in (
        told([*seeds("zip", [50.0]), other, zero_shot_run(40)])
    )


def test_a_follower_below_zero_shot_is_said_to_be() -> None:
    text = told([*seeds("zip", [60.0]), *seeds("bar", [40.0]), zero_shot_run(50)])
    assert "zip leads with 60.0 %; bar follows with 40.0 %, below zero-shot with 50.0 %." in text


def test_all_methods_that_are_level_are_named() -> None:
    text = told([run for name in ("zip", "bar", "bbt") for run in seeds(name, [50.0, 51.0])])
    assert "bar, bbt and zip are level with 50.5 %." in text


def test_seeds_that_methods_do_not_share_are_not_called_one() -> None:
    zip_, bar = seeds("zip", [60.0, 61.0, 62.0]), seeds("bar", [40.0, 41.0, 42.0])
    assert "They share one seed, so the lead over bar may be chance." in told([*zip_, bar[0]])
    apart = told([*zip_[:1], *bar[1:]])
    assert "They share no seed, so the lead over bar may be chance." in apart


def test_methods_without_seeds_are_not_doubted_for_them() -> None:
    other = make_run([(0, 70.0)], method="zero_shot@ensemble", seed=0, shots=0)
    assert told([other, zero_shot_run(40)]) == (
        "On dots, zero_shot@ensemble has 70.0 %; no method that trains is done."
    )


def test_without_results_it_says_so_and_counts_what_failed() -> None:
    assert case("all failed").endswith("nothing to compare yet. 0 cells finished, 10 failed.")
    assert "70 cells finished, 1 failed, " in case("some failed")
    assert "63 cells finished, 1 has no result yet, " in case("incomplete")


def test_each_number_of_shots_is_told_by_itself() -> None:
    first, second, _ = headline_of(CASES["several shots"])
    assert first.startswith("With 4 shots, after 1,000 queries zip leads with 56.5 %")
    assert second.startswith("With 16 shots, after 1,000 queries zip leads with 57.3 %")
    many = headline_of(comparison(grid(("dots",), seeds=(1,), shots=(1, 2, 4, 8))))
    assert [line.split(",")[0] for line in many[:2]] == ["With 1 shot", "With 8 shots"]
    assert many[2] == "2 more numbers of shots are below."


def test_queries_that_are_fewer_than_others_had_are_named() -> None:
    early = make_run([(0, 30.0), (2, 70.0)], method="probe")
    text = told([*seeds("zip", [50.0]), early])
    assert "Within 1,000 queries on dots probe (2 queries) leads with 70.0 %" in text
    second = make_run([(0, 30.0), (2, 65.0)], method="other")
    text = told([*seeds("zip", [50.0]), early, second])
    assert "Within 1,000 queries on dots probe (2 queries) leads with 70.0 %; other (2" in text


def test_protocols_are_told_by_what_they_ask() -> None:
    assert "(harmonic mean of base and new classes, mean of 2 datasets)" in case("base to new")
    assert "After 1,000 queries on imagenet zip reaches 41.5 % (mean of 2 targets)" in (
        case("transfer")
    )


def test_restricted_answers_and_other_mini_batches_are_said() -> None:
    assert "Methods were not given the same answers" in case("answers")
    labels = [seeing(run, kind="label") if run.shots else run for run in grid(("dots",))]
    assert "no more of each answer than this: label" in told(labels)
    small = [
        replace(
            run,
            trace=replace(run.trace, ledgers={"method": {"queries": 1000, "images": 4000}}),
        )
        for run in seeds("bar", [70.0])
    ]
    text = told([*seeds("zip", [50.0]), *small])
    assert "A query of these methods is about 4 to 128 images." in text


def test_inner_layers_are_told_apart() -> None:
    text = case("accesses")
    assert "probe leads with 65.8 %" in text
    assert "Of methods that change inner layers, as no black box allows, deeper leads" in text


def test_an_ablation_and_a_search_are_told() -> None:
    assert "Of 4 values of clip of zip, 100 is the best tried, 1.0 ± 0.0 points above" in (
        case("ablation")
    )
    text = " ".join(headline_of(SEARCHED))
    assert "zip-searched (after a search of 220 queries) leads" in text
    assert "searching cost 220 queries and won 2.0 points" in text
