"""What a search cost and won, in a sentence that claims no more than its seeds show."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.analysis.runs import Run
from orchestrator.analysis.search import Search, SearchFindings, SearchTrial
from orchestrator.analysis.search_verdict import tested_on as of_tests
from orchestrator.analysis.search_verdict import verdict
from tests.orchestrator.analysis.builders import make_run

TRIAL = SearchTrial(0, {"clip": 3.0}, "complete", {"accuracy": 50.0}, 20_000, ("a",))
SEARCH = Search("zip", 1, (TRIAL,), best=TRIAL)


def runs(method: str, levels: list[float], dataset: str = "dots") -> list[Run]:
    return [
        make_run([(0, 30.0), (100, level)], method=method, seed=seed, dataset=dataset)
        for seed, level in enumerate(levels, start=1)
    ]


def said(base: list[float], found: list[float], longer: list[float]) -> str:
    findings = SearchFindings(
        SEARCH, ("accuracy",), {}, "zip-searched", tuple(runs("zip-longer", longer))
    )
    return verdict(findings, [*runs("zip", base), *runs("zip-searched", found)])


def test_cost_gain_and_what_the_queries_bring_otherwise() -> None:
    assert said([40.0, 41.0, 42.0], [41.2, 42.2, 43.2], [43.0, 44.0, 45.0]) == (
        "Searching cost 20,000 queries and won 1.2 points over zip as the spec has it; spent on "
        "zip itself, they won 3.0."
    )


def test_a_loss_and_a_tie_are_called_so() -> None:
    text = said([40.0, 41.0, 42.0], [39.0, 40.0, 41.0], [40.0, 41.0, 42.0])
    assert "lost 1.0 points against zip as the spec has it" in text
    assert "they won nothing" in text


def test_what_chance_may_have_made_is_said() -> None:
    level = [40.0, 41.0, 42.0]
    noisy = [46.0, 40.5, 42.0]
    assert "The difference of the search is within" in said(level, noisy, [45.0, 46.0, 47.0])
    assert "Both differences are within their intervals over 3 seeds" in said(level, noisy, noisy)
    assert "one seed" in said([40.0], [45.0], [46.0])


def test_nothing_is_said_before_something_was_tested() -> None:
    assert said([40.0], [], []) == ""


def test_a_search_that_goes_on_is_said_to() -> None:
    findings = SearchFindings(replace(SEARCH, planned=9), ("accuracy",), {}, "zip-searched")
    found = [*runs("zip", [40.0, 41.0]), *runs("zip-searched", [42.0, 43.0])]
    assert verdict(findings, found) == (
        "So far, searching cost 20,000 queries and won 2.0 points over zip as the spec has it; "
        "what they bring when spent on zip itself has not been run yet."
    )


def test_several_datasets_have_a_mean_of_seeds_that_have_all() -> None:
    both = [
        *runs("zip", [40.0, 42.0]), *runs("zip-searched", [42.0, 44.0]),
        *runs("zip", [50.0], "letters"), *runs("zip-searched", [56.0], "letters"),
    ]  # fmt: skip
    findings = SearchFindings(SEARCH, ("accuracy",), {}, "zip-searched")
    mean = of_tests(findings, both)[-1]
    assert (mean.where, dict(mean.base), dict(mean.found)) == ("mean of 2", {1: 45.0}, {1: 49.0})
    assert "won 4.0 points over zip as the spec has it (mean of 2 datasets)" in verdict(
        findings, both
    )
