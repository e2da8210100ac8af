"""Numbers that aren't finite end a trial as a failure, wherever they arise; none is an accuracy."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from benchmarks.preprocessing import Preprocessing
from methods.interface import Prompts
from methods.zero_shot import ZeroShot, ZeroShotSettings
from orchestrator.oracle.interface import Batch
from orchestrator.pixels.split import ImageSplit
from orchestrator.trial.data import EvaluationSplit, TrialData
from orchestrator.trial.encoded_tables import EncodedTables
from orchestrator.trial.not_finite import TrialError
from orchestrator.trial.train_stream import ViewFeatures
from orchestrator.trial.trial import Trial
from orchestrator.trial.worker import Worker
from querycurve.testing.toy_oracle import ToyOracle, toy_problem
from tests.benchmarks.toy_dataset import ToyDataset
from tests.orchestrator.trial.test_blind_cells import Blind
from tests.orchestrator.trial.test_trial import ToySplit, zip_trial
from tests.orchestrator.trial.test_worker import Bench

MODEL = "its weights are damaged, or the precision is too low"
PROMPT = "the prompt has left the range of the oracle's precision"


class Distorting(ToyOracle):
    """Answers with scores that have one odd value, to observers or to the method."""

    def __init__(self, budget: int, value: float, *, observed: bool, after: int = 0) -> None:
        super().__init__(budget)
        self._value, self._observed, self._after = value, observed, after

    def query(self, prompts: Prompts, batch: Batch) -> Tensor:
        scores = super().query(prompts, batch)
        return scores if self._observed else self._distorted(scores)

    def observe(self, prompts: Prompts, batches: Any, *, as_method: bool = False) -> Any:
        for batch, scores in super().observe(prompts, batches, as_method=as_method):
            yield batch, self._distorted(scores) if self._observed else scores

    def _distorted(self, scores: Tensor) -> Tensor:
        if self.method.queries >= self._after:
            scores = scores.clone()
            scores[0, 0, 0] = self._value
        return scores


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_zero_shot_scores_that_are_not_finite_are_no_accuracy(value: float) -> None:
    oracle = Distorting(0, value, observed=True)
    data = TrialData(None, {"test": cast(EvaluationSplit, ToySplit())})
    trial = Trial(ZeroShot(toy_problem(), ZeroShotSettings()), oracle, data, evaluations=1)
    with pytest.raises(TrialError, match=f"scores on the test split are not finite.*{MODEL}"):
        trial.run()
    assert trial.points == []


@pytest.mark.parametrize("split", ["val", "new"])
def test_every_split_is_checked_and_named(split: str) -> None:
    trial = zip_trial(60)
    plain = trial.data.evaluation["test"]
    odd = cast(EvaluationSplit, ToySplit())
    cast(Any, odd).oracle = Distorting(0, math.nan, observed=True)
    trial.data = TrialData(trial.data.train, {"test": plain, split: odd})
    with pytest.raises(TrialError, match=f"on the {split} split are not finite at query 0"):
        trial.run()


def test_on_the_way_the_steps_are_said_to_be_too_large() -> None:
    trial = zip_trial(60)
    trial.oracle = Distorting(60, math.nan, observed=True, after=15)
    with pytest.raises(TrialError, match=rf"on the test split are .* at query 18: {PROMPT}"):
        trial.run()
    assert {point.queries for point in trial.points if point.metric == "test_accuracy"} == {0}


def test_before_the_first_query_the_start_of_a_method_is_named_as_a_cause() -> None:
    trial = zip_trial(60)
    trial.oracle = Distorting(60, math.nan, observed=True)
    start = r"the prompt that the method starts with is too large \(try smaller values"
    with pytest.raises(TrialError, match=rf"query 0: {start} .* or {MODEL}"):
        trial.run()


def test_a_prompt_from_elsewhere_is_named_as_a_cause() -> None:
    trial = zip_trial(60)
    trial.oracle = Distorting(0, math.nan, observed=True)
    trial.data = TrialData(None, trial.data.evaluation)
    with pytest.raises(TrialError, match=rf"query 0: the prompt that was trained .* or {MODEL}"):
        trial.run()


def test_finite_scores_whose_loss_is_infinite_are_refused_too() -> None:
    largest = torch.finfo(torch.float32).max

    class Huge(ToyOracle):
        def query(self, prompts: Prompts, batch: Batch) -> Tensor:
            signs = torch.ones_like(super().query(prompts, batch))
            signs[..., ::2] = -1
            return signs * largest

    trial = zip_trial(60)
    trial.oracle = Huge(60)
    with pytest.raises(TrialError, match="train_loss is not finite at query 6"):
        trial.run()


def test_a_split_without_images_is_refused_by_name() -> None:
    class Empty(ToySplit):
        def batches(self, *, pixels: bool) -> Any:
            return iter(())

    trial = zip_trial(60)
    trial.data = TrialData(trial.data.train, {"test": cast(EvaluationSplit, Empty())})
    with pytest.raises(TrialError, match="the test split has no images"):
        trial.run()


def damage(worker: Worker, weight: str, value: float) -> None:
    """Spoils a weight in memory; one that is spoilt in its file is refused before."""
    weights = worker._factory.box.clip.model.state_dict()
    weights[weight].view(-1)[0] = value


def test_damaged_image_weights_store_no_features_and_fail_the_encoding(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    damage(bench.worker, "visual.proj", math.nan)
    cell = bench.cells["zero_shot"]
    with pytest.raises(TrialError, match=rf"on the test split of pocket_dots are .*{MODEL}"):
        bench.table(cell)
    assert bench.store.features(cell.features) is None


@pytest.mark.parametrize("weight", ["text_projection", "logit_scale"])
def test_damaged_weights_fail_cells_with_a_record(tmp_path: Path, weight: str) -> None:
    bench = Bench(tmp_path)
    damage(bench.worker, weight, math.nan)
    for label in ("zero_shot", "zip"):
        cell = bench.cells[label]
        outcome = bench.worker.run_cell(cell.cell, cell.key, bench.table(cell))
        assert outcome.status == "failed"
        assert "the model's scores on the test split are not finite at query 0" in outcome.error
    assert bench.store.failed_keys() == {cell.key for cell in bench.cells.values()}
    assert {cell.status for cell in bench.plan().cells} == {"failed"}


def test_a_blind_cell_of_a_damaged_model_fails_on_its_validation_images(tmp_path: Path) -> None:
    blind = Blind(tmp_path)
    damage(blind.worker, "visual.proj", math.inf)
    (outcome,) = blind.run()
    assert outcome.status == "failed"
    assert "on the val split of pocket_dots are not finite" in outcome.error


def test_views_of_training_images_are_checked() -> None:
    dataset, plain = ToyDataset(), Preprocessing(8, (0.5,) * 3, (0.5,) * 3, "crop_flip")
    split = ImageSplit(dataset, tuple(dataset.items("train")), plain, "train")
    odd = EncodedTables(lambda images: torch.full((len(images), 4), torch.nan))
    views = ViewFeatures(split, odd, 2, seed=0)
    with pytest.raises(TrialError, match=r"on the train split of toy are .* of 24 of 24 images"):
        views([0], 0)


def test_stored_features_that_are_not_finite_are_made_anew(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    cell = bench.cells["zero_shot"]
    whole = bench.table(cell)
    odd = whole.features.copy()
    odd[3, 1] = math.nan
    bench.store.save_features(cell.features, replace(whole, features=odd).to_bytes())
    assert type(whole).from_bytes(bench.store.features(cell.features) or b"") is None
