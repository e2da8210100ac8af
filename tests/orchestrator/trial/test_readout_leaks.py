"""A readout is a function of training scores and their labels; test labels only ever measure it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import torch

from methods.score_probe import ScoreProbe, ScoreProbeSettings
from orchestrator.oracle.interface import Batch
from orchestrator.trial.data import TrialData
from orchestrator.trial.trial import Trial
from querycurve.testing.toy_oracle import CLASSES, ToyOracle, toy_batch, toy_problem
from tests.orchestrator.trial.test_asked_images import ToyStream


class TurnedLabels:
    """A test split whose labels are others than the true ones by as many as a turn says."""

    oracle = None
    foreign = False

    def __init__(self, turn: int) -> None:
        self._turn = turn

    def batches(self, *, pixels: bool) -> Iterator[Batch]:
        batch = toy_batch(1001, 30)
        yield replace(batch, labels=(batch.labels + self._turn) % CLASSES)


def probed(turn: int) -> Trial:
    data = TrialData(cast(Any, ToyStream()), {"test": cast(Any, TurnedLabels(turn))})
    settings = ScoreProbeSettings(prompts="random", random_prompts=3)
    trial = Trial(ScoreProbe(toy_problem(), settings), ToyOracle(9), data, evaluations=3)
    trial.run()
    return trial


def test_test_labels_change_what_is_measured_and_nothing_that_is_deployed() -> None:
    right, wrong = probed(turn=0), probed(turn=1)
    assert right.oracle.method.queries == 9
    measured = [
        [one.value for one in trial.points if one.metric == "test_accuracy"]
        for trial in (right, wrong)
    ]
    assert measured[0][-1] > 50 > measured[1][-1]
    state, other = right.method.state(), wrong.method.state()
    assert state.values == other.values
    assert state.tensors.keys() == other.tensors.keys()
    assert all(torch.equal(state.tensors[name], other.tensors[name]) for name in state.tensors)
