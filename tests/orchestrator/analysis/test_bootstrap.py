"""The stratified bootstrap, against its own definition and a direct simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from orchestrator.analysis.bootstrap import RESAMPLES, SEED, mean_over_datasets
from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores

ZIP = Contender(16, "zip")
VALUES = {"dots": (40.0, 44.0, 48.0), "letters": (70.0, 71.0, 75.0)}


def scores(**values: tuple[float, ...]) -> Scores:
    return Scores(tuple(sorted(values)), (), {ZIP: values})


def test_agrees_with_a_direct_simulation() -> None:
    interval = mean_over_datasets(scores(**VALUES), ZIP)
    rng = np.random.default_rng(7)
    drawn = [
        np.mean([np.mean(rng.choice(sample, len(sample))) for sample in VALUES.values()])
        for _ in range(4000)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert interval.mean == 58
    assert interval.lower == pytest.approx(low, abs=0.4)
    assert interval.upper == pytest.approx(high, abs=0.4)


@given(st.lists(st.lists(st.floats(0, 100), min_size=2, max_size=5), min_size=1, max_size=4))
def test_equals_scipys_bootstrap(drawn: list[list[float]]) -> None:
    samples = {str(place): tuple(sample) for place, sample in enumerate(drawn)}
    if all(len(set(sample)) == 1 for sample in samples.values()):
        return  # an interval of no width, which scipy doesn't compute
    interval = mean_over_datasets(scores(**samples), ZIP)
    expected = stats.bootstrap(
        tuple(np.array(sample) for sample in samples.values()),
        lambda *parts, axis: np.mean([part.mean(axis=axis) for part in parts], axis=0),
        n_resamples=RESAMPLES,
        confidence_level=0.95,
        method="percentile",
        vectorized=True,
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    assert (interval.lower, interval.upper) == (expected.low, expected.high)


def test_the_same_numbers_give_the_same_interval() -> None:
    assert mean_over_datasets(scores(**VALUES), ZIP) == mean_over_datasets(scores(**VALUES), ZIP)


def test_datasets_are_strata_so_their_distance_does_not_widen_it() -> None:
    near = mean_over_datasets(scores(a=(1.0, 2.0, 3.0), b=(1.0, 2.0, 3.0)), ZIP)
    far = mean_over_datasets(scores(a=(1.0, 2.0, 3.0), b=(91.0, 92.0, 93.0)), ZIP)
    assert near.upper is not None and near.lower is not None
    assert far.upper is not None and far.lower is not None
    assert far.upper - far.lower == pytest.approx(near.upper - near.lower)


def test_a_single_seed_has_no_interval() -> None:
    interval = mean_over_datasets(scores(a=(1.0, 2.0), b=(3.0,)), ZIP)
    assert (interval.mean, interval.lower, interval.upper) == (2.25, None, None)


def test_equal_seeds_have_an_interval_of_no_width() -> None:
    interval = mean_over_datasets(scores(a=(1.0, 1.0), b=(3.0, 3.0)), ZIP)
    assert (interval.lower, interval.mean, interval.upper) == (2, 2, 2)
