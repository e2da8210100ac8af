"""What a trained prompt costs in use is what its traces say."""

from __future__ import annotations

from orchestrator.analysis.deployment import Deployment, deployment_of
from tests.orchestrator.analysis.builders import deployed, make_run, needing

RUN = make_run([(0, 1), (10, 2)])


def test_a_trace_says_how_many_queries_a_test_image_costs() -> None:
    found = deployment_of([deployed(RUN, 80, readout=True)])
    assert (found.queries_text, found.readout_text) == ("80", "yes")


def test_runs_that_differ_are_both_named() -> None:
    found = deployment_of([deployed(RUN, 1), deployed(RUN, 1_000), deployed(RUN, 1)])
    assert (found.queries_text, found.readout_text) == ("1 or 1,000", "no")


def test_of_traces_of_earlier_releases_only_what_the_method_declares_is_known() -> None:
    assert deployment_of([RUN]) == Deployment((), False)
    assert deployment_of([needing(RUN, "soft context", readout=True)]) == Deployment((), True)
    assert deployment_of([RUN]).queries_text == "-"


def test_nothing_is_known_of_unknown_methods() -> None:
    stranger = make_run([(0, 1)], method="of_tomorrow")
    assert deployment_of([stranger]).readout_text == "-"
