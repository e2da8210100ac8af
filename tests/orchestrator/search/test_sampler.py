"""The library's samplers: spaces in its terms, and what is said where a sampler can't be had."""

from __future__ import annotations

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from orchestrator.errors import UserError
from orchestrator.search import sampler
from orchestrator.search.sampler import distributions, sampler_of
from tests.orchestrator.search.toy import search_spec


def test_every_kind_of_dimension_has_its_distribution() -> None:
    space = {
        "clip": {"log_uniform": [0.1, 300]},
        "momentum": {"uniform": [0, 0.9]},
        "rank": {"int": [1, 5]},
        "optimiser": {"choice": ["spsa", "spsa-clip"]},
    }
    assert distributions(search_spec(space=space)) == {
        "clip": FloatDistribution(0.1, 300, log=True),
        "momentum": FloatDistribution(0, 0.9),
        "rank": IntDistribution(1, 5),
        "optimiser": CategoricalDistribution(("spsa", "spsa-clip")),
    }


def test_a_sampler_whose_package_is_missing_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampler, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"cma-es needs the package cmaes: pip install cmaes"):
        sampler_of(search_spec(sampler="cma-es"))
