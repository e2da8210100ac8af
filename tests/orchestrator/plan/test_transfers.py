"""Prompts are trained once on a source, and tested anywhere by the key of their cell."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from methods.interface import State
from orchestrator.analysis.collect import finished_runs
from orchestrator.cell import Source
from orchestrator.cli.plan_view import show_plan, show_status
from orchestrator.errors import UserError
from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.plan.pricing import pricing_from
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from orchestrator.tracking.entries import TrackedSpec, cell_entry
from orchestrator.trial.messages import CellOutcome, WorkerSetup
from orchestrator.trial.trained_prompts import PromptMissing, load_prompt, save_prompt
from orchestrator.trial.worker import Worker
from tests.benchmarks.datasets.locked import lock
from tests.benchmarks.datasets.trees import imagenet_tree, write_image
from tests.orchestrator.cli.verbs import shown
from tests.orchestrator.plan.strict_plan import strict_plan

SMALL = ("seeds=[1]", "shots=[4]", "budget=60", "evaluation.points=1")
TRANSFER = (
    "protocol=cross_dataset",
    "source=pocket_silhouettes",
    "datasets=[pocket_dots, pocket_outlines]",
    "methods=[zero_shot, zip]",
    *SMALL,
)


class Desk:
    """A store, and a worker that does what a plan has left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(LocalStorage(folder))
        self._worker: Worker | None = None

    def plan(self, *overrides: str) -> Plan:
        return self.plan_of("demo", *TRANSFER, *overrides)

    def plan_of(self, spec: str, *overrides: str) -> Plan:
        return strict_plan(load_spec(spec, overrides), self.store, self.folder)

    def run(self, cell: PlannedCell, plan: Plan) -> CellOutcome:
        if self._worker is None:
            folder = str(self.folder)
            self._worker = Worker(WorkerSetup(plan.backbone, "fp32", folder, folder, "refuse"))
        if self.store.features(cell.features) is None:
            self._worker.encode_test_split(cell.cell.dataset, cell.features)
        data = self.store.features(cell.features)
        assert data is not None
        table = FeatureTable.from_bytes(data)
        assert table is not None
        return self._worker.run_cell(cell.cell, cell.key, table)

    def run_all(self, *overrides: str) -> dict[str, Trace]:
        """Everything that is left, in order; traces by title."""
        plan = self.plan(*overrides)
        for cell in plan.to_run():
            outcome = self.run(cell, plan)
            assert outcome.status == "finished", outcome.error
        return {cell.title: self.store.finished(cell.key) for cell in plan.cells}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def trained_cell(plan: Plan) -> PlannedCell:
    """The one cell that trains."""
    return next(cell for cell in plan.cells if cell.cell.queries)


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which prompts have been trained on the source, and nothing else was done."""
    desk = Desk(tmp_path_factory.mktemp("interrupted"))
    plan = desk.plan()
    desk.run(trained_cell(plan), plan)
    return desk.folder


@pytest.fixture(scope="module")
def finished(interrupted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything has been run: what was left after that interruption."""
    folder = tmp_path_factory.mktemp("finished") / "store"
    Desk(shutil.copytree(interrupted, folder)).run_all()
    return folder


@pytest.fixture
def done(finished: Path, tmp_path: Path) -> Desk:
    """A desk on a copy of that folder."""
    return Desk(shutil.copytree(finished, tmp_path / "store"))


def test_a_plan_trains_once_and_then_tests(desk: Desk) -> None:
    cells = desk.plan().cells
    trained = [cell for cell in cells if cell.cell.queries]
    assert [cell.title for cell in trained] == ["pocket_silhouettes / zip / 4 shots / seed 1"]
    tested = [cell for cell in cells if cell.cell.source is not None]
    assert [cell.cell.dataset for cell in tested] == ["pocket_dots", "pocket_outlines"]
    assert {cell.cell.source.key for cell in tested if cell.cell.source} == {trained[0].key}
    assert all(cells.index(trained[0]) < cells.index(cell) for cell in tested)
    assert len({cell.key for cell in cells}) == len(cells) == 6


def test_the_source_is_the_cell_that_any_comparison_on_it_runs(desk: Desk) -> None:
    usual = ("protocol=few_shot", "source=null", "datasets=[pocket_silhouettes]")
    ordinary = {cell.key for cell in desk.plan(*usual).cells}
    both = {cell.key for cell in desk.plan().cells}
    others = ("protocol=out_of_distribution", "datasets=[pocket_negatives, pocket_outlines]")
    assert ordinary < both
    assert ordinary < {cell.key for cell in desk.plan(*others).cells}


def test_a_tested_prompt_costs_no_query_and_says_whose_it_is(done: Desk) -> None:
    traces = done.run_all()
    moved = traces["pocket_dots / zip / 4 shots / seed 1 / prompt from pocket_silhouettes"]
    assert moved.ledgers["method"] == {"queries": 0, "images": 0}
    assert moved.cell["source"]["dataset"] == "pocket_silhouettes"
    assert moved.series("test_accuracy")[0] == (0,)
    assert moved.provenance["split"]
    assert done.plan().counts() == {"done": 6}


def test_a_prompt_tested_where_it_was_trained_scores_as_it_did_there(done: Desk) -> None:
    """The same images and names, so the same number."""
    trained = done.run_all()["pocket_silhouettes / zip / 4 shots / seed 1"]
    plan = done.plan()
    source = next(cell for cell in plan.cells if cell.key == trained.key)
    again = source.cell.model_copy(
        update={"source": Source(dataset=source.cell.dataset, key=source.key)}
    )
    tested = replace(source, cell=again, key="again", status="new")
    assert done.run(tested, plan).status == "finished"
    accuracy = done.store.finished("again").last("test_accuracy")
    assert accuracy == trained.last("test_accuracy")


@pytest.mark.usefixtures("few_test_images")
def test_a_method_may_transfer_another_prompt_than_it_deploys(desk: Desk) -> None:
    sizes = "text_dimension: 20, visual_dimension: 10, population: 2, batch_size: 4"
    arm = f"name: bptvlm@zip-port, {sizes}"
    traces = desk.run_all(
        f"methods=[{{{arm}, label: port}}, {{{arm}, label: last, best: last}}]",
        "datasets=[pocket_dots]",
        "budget=30",
    )

    def loss(method: str, dataset: str, origin: str = "") -> float | None:
        return traces[f"{dataset} / {method} / 4 shots / seed 1{origin}"].last("test_loss")

    source, origin = "pocket_silhouettes", " / prompt from pocket_silhouettes"
    assert loss("port", source) != loss("last", source), "the best one, and the last one"
    moved = [loss(method, "pocket_dots", origin) for method in ("port", "last")]
    assert moved[0] == moved[1] is not None, "the last one of both"


def test_killed_between_source_and_targets_nothing_is_trained_again(
    interrupted: Path, finished: Path
) -> None:
    plan = Desk(interrupted).plan()
    left = [cell for cell in plan.to_run() if cell.cell.shots]
    assert len(left) == 2
    assert all(cell.cell.source is not None for cell in left)
    result = f"results/{trained_cell(plan).key}.parquet"
    written = [(folder / result).stat().st_mtime_ns for folder in (interrupted, finished)]
    assert written[0] == written[1]


def test_a_prompt_that_is_gone_is_trained_again_only_if_it_is_needed(done: Desk) -> None:
    before = done.run_all()
    (key,) = done.store.prompt_keys()
    done.store.forget_prompt(key)
    assert done.plan().counts() == {"done": 6}
    more = "datasets=[pocket_dots, pocket_outlines, pocket_letters]"
    assert [cell.key for cell in done.plan(more).to_run() if cell.cell.queries] == [key]
    again = done.run_all(more)
    title = "pocket_silhouettes / zip / 4 shots / seed 1"
    assert again[title].points == before[title].points


def test_a_missing_prompt_is_a_failure_that_says_what_to_do(desk: Desk) -> None:
    plan = desk.plan()
    moved = next(cell for cell in plan.cells if cell.cell.source is not None)
    outcome = desk.run(moved, plan)
    assert outcome.status == "failed"
    assert "is not in the store. Run the same command again to train it" in outcome.error


def test_prompts_go_through_the_store_and_back(desk: Desk) -> None:
    save_prompt(desk.store, "ab", State({"x": torch.ones(2, 3).T}, {"step": 3}))
    state = load_prompt(desk.store, Source(dataset="d", key="ab"))
    assert torch.equal(state.tensors["x"], torch.ones(3, 2))
    assert state.values == {"step": 3}


def test_a_damaged_prompt_is_forgotten(desk: Desk) -> None:
    desk.store.save_prompt("ab", b"half a file")
    with pytest.raises(PromptMissing, match="is damaged"):
        load_prompt(desk.store, Source(dataset="d", key="ab"))
    assert desk.store.prompt("ab") is None


def test_targets_of_a_source_that_is_missing_are_skipped_with_the_reason(desk: Desk) -> None:
    plan = desk.plan("source=imagenet", "short_classes=take_all")
    skipped = [cell for cell in plan.cells if cell.status == "skipped"]
    assert {cell.cell.dataset for cell in skipped} == {"imagenet", "pocket_dots", "pocket_outlines"}
    assert any("trained on imagenet, which is missing" in cell.reason for cell in skipped)
    assert [cell.title for cell in plan.to_run()] == [
        "pocket_dots / zero_shot",
        "pocket_outlines / zero_shot",
    ]


def test_targets_of_a_source_that_is_locked_are_skipped_with_the_reason(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    imagenet_tree(desk.folder)
    lock(monkeypatch, desk.folder / "imagenet")
    chosen = (*TRANSFER, "source=imagenet", "short_classes=take_all")
    plan = make_plan(load_spec("demo", chosen), desk.store, desk.folder)
    reasons = {c.cell.dataset: c.reason for c in plan.cells if c.label == "zip"}
    assert "permission denied" in reasons["imagenet"]
    assert reasons["pocket_dots"].startswith("it tests prompts trained on imagenet, which is")


def test_other_classes_are_refused_as_variants_of_the_source(desk: Desk) -> None:
    with pytest.raises(UserError, match="which lacks 8 of 8, such as 'one'"):
        desk.plan("protocol=out_of_distribution")


def test_prompts_of_imagenet_are_tested_on_a_variants_own_classes(desk: Desk) -> None:
    imagenet_tree(desk.folder)
    write_image(desk.folder / "imagenet-adversarial" / "imagenet-a" / "n02" / "a.jpg")
    traces = desk.run_all(
        "protocol=out_of_distribution",
        "source=imagenet",
        "datasets=[imagenet_a]",
        "methods=[zero_shot, {name: zip, context_tokens: 2, rank: 2, intrinsic_dimension: 64}]",
        "shots=[1]",
    )
    moved = traces["imagenet_a / zip / 1 shots / seed 1 / prompt from imagenet"]
    assert moved.last("test_accuracy") == 100, "of the two classes it has one, so none to confuse"
    assert traces["imagenet / zip / 1 shots / seed 1"].ledgers["method"]["queries"] == 60


def test_nothing_is_searched_where_nothing_is_trained(desk: Desk) -> None:
    plan = strict_plan(load_spec("demo", TRANSFER), desk.store, desk.folder, blind=True)
    assert {cell.cell.dataset for cell in plan.cells} == {"pocket_silhouettes"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("source=null", "needs a `source`: the dataset that prompts are trained on"),
        ("protocol=few_shot", "protocol few_shot trains on every dataset: drop `source`"),
        ("source=pocket_dots", "'pocket_dots' is the source, which is always tested"),
        ("source=pocket_dot", "Did you mean: pocket_dots"),
        ("protocol=cross_datasets", "Did you mean: cross_dataset"),
    ],
)
def test_sources_that_make_no_sense_are_refused(change: str, message: str, desk: Desk) -> None:
    with pytest.raises(UserError, match=message):
        desk.plan(change)


def test_the_plan_says_what_is_trained_and_what_is_only_tested(desk: Desk) -> None:
    plan = desk.plan()
    text = shown(lambda: show_plan(plan, pricing_from(plan, desk.store, {})))
    assert "prompts are trained on pocket_silhouettes alone, once; 2 cells test them" in text
    assert pricing_from(plan, desk.store, {}).total(plan.cells).queries == 60


def test_the_status_says_what_waits_and_how_large_features_are(desk: Desk, done: Desk) -> None:
    before = shown(lambda: show_status(desk.plan(), desk.store))
    assert "2 of these wait for prompts that pocket_silhouettes has yet to train" in before
    assert "image features" not in before
    after = shown(lambda: show_status(done.plan(), done.store))
    assert "wait for prompts" not in after
    # the test splits of three datasets, and of the source what was trained and validated on
    assert "image features of 5 splits:" in after


def test_mlflow_can_tell_tested_prompts_by_their_source(done: Desk) -> None:
    plan = done.plan()
    spec = TrackedSpec("mine", "", plan.spec.budget)
    tags = [cell_entry(run, spec).tags for run in finished_runs(plan, done.store)]
    assert [tag.get("source") for tag in tags if tag["method"] == "zip"] == [
        None, "pocket_silhouettes", "pocket_silhouettes",
    ]  # fmt: skip
