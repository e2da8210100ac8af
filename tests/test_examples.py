"""The examples in docstrings of what users call most do what they say."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest
import torch

import methods.interface
import methods.parts.seeding
import methods.problem
import methods.prompts
import methods.registry
import orchestrator.analysis.area
import orchestrator.analysis.curves
import orchestrator.analysis.harmonic_mean
import orchestrator.analysis.intervals
import orchestrator.analysis.query_reduction
import orchestrator.console
import orchestrator.oracle.interface
import orchestrator.oracle.remote.adapters.paths
import querycurve.tuning
from querycurve.testing.toy_oracle import ToyOracle, toy_batch, toy_problem

MODULES = [
    methods.interface,
    methods.parts.seeding,
    methods.problem,
    methods.prompts,
    methods.registry,
    orchestrator.analysis.area,
    orchestrator.analysis.curves,
    orchestrator.analysis.harmonic_mean,
    orchestrator.analysis.intervals,
    orchestrator.analysis.query_reduction,
    orchestrator.console,
    orchestrator.oracle.interface,
    orchestrator.oracle.remote.adapters.paths,
    querycurve.tuning,
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_examples_of_a_module_run(module: ModuleType) -> None:
    given = {
        "torch": torch,
        "problem": toy_problem(),
        "oracle": ToyOracle(budget=100),
        "batch": toy_batch(0),
    }
    found = doctest.testmod(module, extraglobs=given)
    assert found.attempted
    assert not found.failed
