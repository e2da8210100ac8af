"""What methods see of the black box, and what measurements and readouts see of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.interface import Method, Prompts
from methods.score_probe import ScoreProbe, ScoreProbeSettings
from methods.zip import Zip, ZipSettings
from orchestrator.answers import ALL, Answers
from orchestrator.oracle.interface import Ask, Asking
from orchestrator.store.store import Store
from orchestrator.trial.checkpoint import Checkpoints
from orchestrator.trial.data import TrialData
from orchestrator.trial.trial import Trial
from querycurve.testing.toy_oracle import ToyOracle, toy_problem
from tests.conformance.memory_storage import MemoryStorage
from tests.orchestrator.trial.test_asked_images import ToyStream
from tests.orchestrator.trial.test_trial import ToySplit, ran
from tests.orchestrator.trial.test_worker import Bench, _interrupt

LABEL = Answers(kind="label")
KINDS = (
    Answers(kind="log_probabilities", digits=2),
    Answers(kind="top", top=2, digits=1, noise=0.3),
    Answers(kind="label", noise=1.0),
    LABEL,
)
EVERY = (
    "{name: zip, label: rounded, answers: {kind: log_probabilities, digits: 1}}",
    "{name: zip, label: labelled, answers: {kind: label, noise: 0.5}}",
    "{name: zip, label: all}",
    "{name: logit_newton@readout, label: read, answers: {top: 3, digits: 2, noise: 0.5}}",
)


class Watched(ToyOracle):
    """Remembers which answers were due to whom."""

    def __init__(self, budget: int, answers: Answers) -> None:
        super().__init__(budget)
        self.answers, self.seed = answers, 3
        self.asked: dict[str, set[Answers]] = {"method": set(), "observer": set()}

    def asker(self, prompts: Prompts) -> Ask:
        ask = super().asker(prompts)

        def watched(batch: Any, asking: Asking) -> Any:
            self.asked[asking.party].add(asking.answers)
            return ask(batch, asking)

        return watched


def trial(method: str, answers: Answers, budget: int = 48, **changes: Any) -> Trial:
    problem = toy_problem(budget=budget)
    kinds: dict[str, Method] = {
        "zip": Zip(problem, ZipSettings(pairs=3)),
        "probe": ScoreProbe(problem, ScoreProbeSettings(prompts="random", random_prompts=3)),
    }
    data = TrialData(cast(Any, ToyStream()), {"test": cast(Any, ToySplit())})
    return Trial(kinds[method], Watched(budget, answers), data, evaluations=4, **changes)


@pytest.mark.parametrize("answers", KINDS, ids=str)
def test_accuracy_is_measured_on_all_scores_whatever_a_method_sees(answers: Answers) -> None:
    oracle = cast(Watched, ran(trial("zip", answers)).oracle)
    assert oracle.asked == {"method": {answers}, "observer": {ALL}}


@pytest.mark.parametrize("answers", KINDS, ids=str)
def test_a_readout_is_measured_on_what_it_will_be_given(answers: Answers) -> None:
    oracle = cast(Watched, ran(trial("probe", answers)).oracle)
    assert oracle.asked == {"method": {answers}, "observer": {answers}}


def test_a_method_is_told_filled_scores_of_every_class() -> None:
    told = []
    one = trial("zip", LABEL)
    tell = one.method.tell
    one.method.tell = lambda scores: (told.append(scores.logits), tell(scores))[1]  # type: ignore[method-assign, assignment]
    one.run()
    assert {tuple(logits.shape) for logits in told} == {(6, 5, 4)}
    values = torch.cat([logits.flatten() for logits in told]).unique()
    torch.testing.assert_close(values.exp(), torch.tensor([0.025, 0.925]))


@settings(max_examples=12)
@given(stop_after=st.integers(1, 7), answers=st.sampled_from(KINDS))
def test_killed_and_resumed_equals_uninterrupted(stop_after: int, answers: Answers) -> None:
    for method in ("zip", "probe"):
        whole, store = ran(trial(method, answers)), Store(MemoryStorage())
        steps = iter(range(1, stop_after + 1))

        def stop(_: int, steps: Any = steps) -> None:
            if next(steps, None) is None:
                raise KeyboardInterrupt

        checkpoints = Checkpoints(store, "cell", interval=0.0)
        killed = trial(method, answers, checkpoints=checkpoints, on_progress=stop)
        with suppress(KeyboardInterrupt):  # it may end before
            killed.run()
        resumed, kept = trial(method, answers), Checkpoints(store, "cell").latest()
        assert kept is not None
        resumed.resume(kept)
        assert ran(resumed).points == whole.points
        assert resumed.ledgers == whole.ledgers


@pytest.mark.usefixtures("few_test_images")
def test_a_killed_cell_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    overrides = (f"methods=[{', '.join(EVERY)}]", "budget=40", "evaluation.points=1", "shots=[2]")
    whole, again = (Bench(tmp_path / name, *overrides) for name in ("whole", "again"))
    traces = {label: whole.run(label) for label in whole.cells}
    for label, trace in traces.items():
        if label != "all":
            _interrupt(again, label)
            resumed = again.run(label)
            assert resumed.points == trace.points
            assert resumed.ledgers == trace.ledgers
    seen = {label: trace.cell.get("answers") for label, trace in traces.items()}
    assert seen == {
        "rounded": {"kind": "log_probabilities", "digits": 1},
        "labelled": {"kind": "label", "noise": 0.5},
        "all": None,
        "read": {"kind": "top", "top": 3, "digits": 2, "noise": 0.5},
    }
    of_zip = [traces[label] for label in ("rounded", "labelled", "all")]
    assert len({trace.points for trace in of_zip}) == 3, "they have learnt from different answers"
    start = {trace.points[0] for trace in of_zip}
    assert len(start) == 1, "and are measured alike"
