"""The one number that each protocol asks, of hand-worked accuracies."""

from __future__ import annotations

import pytest

from orchestrator.analysis.runs import Run
from orchestrator.analysis.standings import Standings, nothing_words, standings_of
from tests.orchestrator.analysis.builders import make_run, moved_run, zero_shot_run


def both(base: float, new: float, dataset: str = "dots", method: str = "zip") -> Run:
    return make_run([(100, base)], dataset=dataset, method=method, new_accuracy=new)


def found(runs: list[Run]) -> Standings:
    standings = standings_of(runs)
    assert standings is not None
    return standings


def values(standings: Standings) -> dict[str, float]:
    return {one.who.method: one.value for one in standings.found}


def test_an_accuracy_is_the_mean_over_datasets_of_means_over_seeds() -> None:
    runs = [
        make_run([(100, 60.0)]),
        make_run([(100, 70.0)], seed=2),
        make_run([(100, 45.0)], dataset="letters"),
    ]
    standings = found(runs)
    assert values(standings) == {"zip": 55.0}
    assert (standings.measure, standings.note, standings.place) == (
        "accuracy",
        "mean of 2 datasets",
        "",
    )
    assert standings.found[0].by_seed == {1: 52.5}, "a seed that both datasets have"


def test_new_classes_count_as_much_as_base_classes() -> None:
    standings = found([both(80, 60), both(90, 30, method="bar")])
    assert [one.who.method for one in standings.found] == ["zip", "bar"]
    assert values(standings) == {"zip": pytest.approx(68.571, abs=0.001), "bar": pytest.approx(45)}
    beside = standings.found[0].beside
    assert {name: one.mean for name, one in beside.items()} == {"base": 80, "new": 60}
    assert standings.note == "harmonic mean of base and new classes"


def test_over_datasets_it_is_the_harmonic_mean_of_the_means() -> None:
    standings = found([both(80, 60), both(40, 60, "letters")])
    assert values(standings) == {"zip": 60.0}
    assert standings.note == "harmonic mean of base and new classes, mean of 2 datasets"


def test_one_dataset_that_all_methods_have_is_enough() -> None:
    runs = [both(80, 60), both(99, 99, "letters"), both(50, 50, method="bar")]
    standings = found(runs)
    assert values(standings) == {"zip": pytest.approx(68.571, abs=0.001), "bar": 50.0}
    assert (standings.place, standings.left_out) == ("dots", ("letters",))


def test_the_source_of_a_transfer_is_in_no_mean() -> None:
    runs = [
        make_run([(100, 90.0)], dataset="imagenet"),
        moved_run("dots", 40, 1),
        moved_run("letters", 50, 1),
        zero_shot_run(60, "imagenet"),
        zero_shot_run(48),
        zero_shot_run(46, "letters"),
    ]
    standings = found(runs)
    assert values(standings) == {"zero_shot": 47.0, "zip": 45.0}
    assert (standings.note, standings.source) == ("mean of 2 targets", "imagenet")
    _, zip_ = standings.found
    assert (zip_.beside["source"].mean, zip_.trained) == (90.0, (runs[0],))
    assert {run.dataset for run in zip_.runs} == {"dots", "letters"}


def test_a_seed_that_lacks_a_target_is_in_no_mean() -> None:
    runs = [moved_run("dots", 40, 1), moved_run("letters", 50, 1), moved_run("dots", 90, 2)]
    (one,) = found(runs).found
    assert (one.value, one.by_seed, len(one.runs)) == (45.0, {1: 45.0}, 2)


def test_who_is_level_as_shown_is_in_order_of_what_is_needed() -> None:
    runs = [make_run([(9, 60.04)]), make_run([(9, 59.96)], method="bar")]
    assert [one.who.method for one in found(runs).found] == ["bar", "zip"], "pixels come first"
    assert [one.shown for one in found(runs).found] == ["60.0", "60.0"]


def test_why_there_is_none_is_said() -> None:
    apart = [make_run([(9, 50.0)]), zero_shot_run(40, "letters")]
    assert standings_of(apart) is None
    assert nothing_words(apart) == "no dataset has results of all methods yet"
    moved = [moved_run("dots", 40, 1), moved_run("letters", 50, 2)]
    assert standings_of(moved) is None
    assert nothing_words(moved) == "no method has results on all targets yet"
