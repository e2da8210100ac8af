"""Results as tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

import querycurve as qc
from orchestrator.store.storage import open_storage
from tests.querycurve.conftest import SPEC, accuracy_of
from tests.s3_server import s3_server


@pytest.fixture(scope="module")
def small(filled: Path) -> qc.Results:
    """What the store has of the spec."""
    return qc.load(filled, SPEC)


def test_cells_are_those_of_the_spec_under_the_labels_of_its_report(small: qc.Results) -> None:
    counts = small.cells.groupby("label").size().to_dict()
    assert counts == {"tight": 4, "zero_shot": 2, "zip": 4}
    assert set(small.cells[small.cells.label == "tight"].method) == {"zip"}


def test_a_cell_says_what_it_reached_and_cost(small: qc.Results) -> None:
    cell = small.cells.query("label == 'zip' and dataset == 'pocket_dots' and seed == 2").iloc[0]
    assert cell.accuracy == accuracy_of("zip", 2)
    assert (cell.queries, cell.images, cell.seconds) == (100, 800, 2.5)
    assert (cell.backbone, cell.shots, cell.budget, cell.status) == ("pocket", 16, 100, "done")
    assert '"clip"' in cell.settings
    assert cell.written == pd.Timestamp("2026-01-02T03:04:05Z")


def test_a_failed_cell_says_why(small: qc.Results) -> None:
    failed = small.cells.query("status == 'failed'")
    assert list(failed.label) == ["tight"]
    assert list(failed.reason) == ["ValueError: out of luck"]
    assert failed.accuracy.isna().all()


def test_cells_without_a_result_are_there_too(filled: Path) -> None:
    more = qc.load(filled, SPEC, set={"seeds": [1, 3]})
    new = more.cells.query("status == 'new'")
    assert set(new.seed) == {3}
    assert new.queries.isna().all()


def test_traces_have_a_row_for_each_measurement(small: qc.Results) -> None:
    one = small.traces.query("label == 'zip' and dataset == 'pocket_dots' and seed == 1")
    assert one[["queries", "images", "accuracy", "loss"]].to_numpy().tolist() == [
        [0, 0, 10.0, 3.0],
        [100, 800, accuracy_of("zip", 1), 1.0],
    ]
    assert set(small.traces.key) <= set(small.cells.key)


def test_final_accuracies_are_the_last_of_the_traces(small: qc.Results) -> None:
    last = small.traces.groupby("key").accuracy.last()
    done = small.cells.query("status == 'done'").set_index("key").accuracy
    pd.testing.assert_series_equal(last.sort_index(), done.sort_index())


def test_results_say_where_they_stand(small: qc.Results) -> None:
    assert repr(small).startswith("Results of small: 10 cells (9 done, 1 failed), 16 measurements")


def test_without_a_spec_all_that_has_finished_is_there(filled: Path) -> None:
    whole = qc.load(filled)
    assert len(whole.cells) == 9
    assert set(whole.cells.status) == {"done"}


def test_without_a_spec_labels_tell_what_cells_of_a_method_differ_in(filled: Path) -> None:
    labels = set(qc.load(filled).cells.label)
    assert "zero_shot" in labels
    assert "zip[clip=1]" in labels
    assert len(labels) == 3


def test_a_damaged_trace_is_left_out_and_told(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(filled, tmp_path / "copy")
    damaged = min((tmp_path / "copy" / "results").glob("*.parquet"))
    damaged.write_bytes(b"nothing")
    assert len(qc.load(tmp_path / "copy").cells) == 8
    assert "left out:" in capsys.readouterr().err


def test_a_cell_whose_trace_is_damaged_does_not_count_as_done(filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled, tmp_path / "copy")
    damaged = min((tmp_path / "copy" / "results").glob("*.parquet"))
    damaged.write_bytes(b"nothing")
    cells = qc.load(tmp_path / "copy", SPEC).cells
    cell = cells[cells.key == damaged.stem].iloc[0]
    assert (cell.status, cell.reason) == ("new", "its result can't be read; a run measures it anew")
    assert cells[cells.status == "done"].accuracy.notna().all()


def test_changes_without_a_spec_are_refused(filled: Path) -> None:
    with pytest.raises(qc.UserError, match="name the spec, too"):
        qc.load(filled, set={"budget": 500})


def test_a_store_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(qc.UserError, match="there is no store at"):
        qc.load(tmp_path / "none")
    with pytest.raises(qc.UserError, match="there is no store at"):
        qc.load(tmp_path / "none", SPEC)


def test_an_empty_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(qc.UserError, match="holds no finished results yet"):
        qc.load(tmp_path)


def test_a_store_without_results_of_the_spec_is_refused(filled: Path) -> None:
    with pytest.raises(qc.UserError, match="budget"):
        qc.load(filled, SPEC, set={"budget": 33, "methods": ["zip"]})


def test_results_are_read_from_s3(filled: Path, small: qc.Results) -> None:
    with s3_server() as server:
        address = server.bucket()
        storage = open_storage(address)
        for path in sorted((filled / "results").iterdir()):
            storage.write(f"results/{path.name}", path.read_bytes())
        found = qc.load(address, SPEC, set={"methods": ["zip"]})
        assert len(qc.load(address).cells) == 9
    here = small.cells.query("label == 'zip'")
    assert list(found.cells.accuracy) == list(here.accuracy)
