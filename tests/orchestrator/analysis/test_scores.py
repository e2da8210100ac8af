"""Statistics over datasets use those that all methods have."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.runs import Contender, Run
from orchestrator.analysis.scores import scores_of
from tests.orchestrator.analysis.builders import make_run, zero_shot_run

RUNS = [
    zero_shot_run(40, "dots"),
    zero_shot_run(50, "letters"),
    make_run([(0, 30), (20, 60)], dataset="dots", seed=1),
    make_run([(0, 30), (20, 70)], dataset="dots", seed=2),
    make_run([(0, 30), (20, 30)], dataset="letters"),
    make_run([(0, 30), (20, 90)], dataset="textures"),
]
ZIP, ZERO = Contender(16, "zip"), Contender(0, "zero_shot")


def test_only_shared_datasets_count() -> None:
    scores = scores_of(RUNS)
    assert scores.datasets == ("dots", "letters")
    assert scores.left_out == ("textures",)
    assert scores.means(ZIP) == (65, 30)
    assert scores.mean(ZIP) == 47.5
    assert scores.best() == ZIP


def test_accuracies_at_some_queries_are_what_had_been_reached_by_then() -> None:
    assert scores_of(RUNS, at=19).means(ZIP) == (30, 30)
    assert scores_of(RUNS, at=20) == scores_of(RUNS, at=5000) == scores_of(RUNS)
    assert scores_of(RUNS, at=1).means(ZERO) == (40, 50)


@given(order=st.permutations(RUNS))
def test_the_order_does_not_matter(order: list[Run]) -> None:
    assert scores_of(order) == scores_of(RUNS)


def test_nothing_shared_has_no_best() -> None:
    scores = scores_of([zero_shot_run(40, "dots"), make_run([(0, 1)], dataset="letters")])
    assert scores.datasets == ()
    assert scores.best() is None
    assert scores_of([]).best() is None


def test_some_methods_keep_the_datasets_of_all() -> None:
    alone = scores_of(RUNS).among([ZIP])
    assert alone.datasets == ("dots", "letters")
    assert (set(alone.values), alone.best()) == ({ZIP}, ZIP)
