"""`status --watch`: shows what changes until all is done, and reads alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.local_cache import VARIABLE
from orchestrator.cli import watch
from orchestrator.cli.typed_command import Typed
from orchestrator.cli.watch import watch_status
from orchestrator.cli.work import open_work_to_read
from orchestrator.plan.plan import PlannedCell
from orchestrator.store.leases import Leases
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from tests.orchestrator.cli.verbs import plan_of, shown, trace_of, write_spec


class Bench:
    """A spec of two cells, and what happens to its store while somebody watches."""

    def __init__(self, folder: Path) -> None:
        self.spec = write_spec(folder, methods=["zip"], datasets=["pocket_dots"])
        self.folder = folder / "store"
        self.store = Store(LocalStorage(self.folder))
        self.cells = plan_of(self.spec, self.folder).cells
        self.held = ExitStack()

    def take(self, cell: PlannedCell) -> None:
        self.held.enter_context(Leases.of_process(self.store.storage, "a run").held(cell.key))

    def fail(self, cell: PlannedCell) -> None:
        known = cell.cell.model_dump(mode="json")
        self.store.save(Trace(cell.key, known, "failed", (), error="ValueError: no"))

    def watch(self, *rounds: Callable[[], object], screen: Console | None = None) -> int:
        """Each pause is one thing that happens; more pauses than that are an interrupt."""
        happens: Iterator[Callable[[], object]] = iter(rounds)

        def pause(_: float) -> None:
            if (step := next(happens, None)) is None:
                raise KeyboardInterrupt
            step()

        typed = Typed(str(self.spec), (), str(self.folder), "data")
        work = open_work_to_read(str(self.spec), (), str(self.folder), "data", results=False)
        return watch_status(work, typed, 5.0, screen, pause)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    bench = Bench(tmp_path)
    with bench.held:
        yield bench


def told(bench: Bench, *rounds: Callable[[], object]) -> tuple[int, list[str]]:
    codes: list[int] = []
    text = shown(lambda: codes.append(bench.watch(*rounds)), width=300)
    return codes[0], text.splitlines()


def nothing() -> None:
    pass


def test_a_line_is_printed_where_something_has_changed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = bench.cells

    def no_more_planning() -> None:
        monkeypatch.delattr(watch, "open_work_to_read")

    def ends() -> None:
        bench.held.close()
        bench.store.save(trace_of(second))

    code, lines = told(
        bench,
        no_more_planning,
        lambda: bench.take(first),
        nothing,
        lambda: bench.take(second),
        lambda: bench.store.save(trace_of(first)),
        ends,
    )
    assert code == 0
    assert lines[0].startswith("not started: ")
    assert lines[1:] == [
        "running: 1 cell works now (2 new)",
        "running: 2 cells work now (2 new)",
        "running: 1 cell works now (1 done, 1 new)",
        "done: nothing is left to run (2 done)",
    ]


def test_between_two_cells_a_run_is_not_called_paused(bench: Bench) -> None:
    first, second = bench.cells

    def between() -> None:
        bench.held.close()
        bench.store.save(trace_of(first))

    bench.take(first)
    code, lines = told(bench, between, lambda: bench.take(second))
    assert code == 130, "it was interrupted, since nothing more happened"
    assert [line.split(":")[0] for line in lines] == ["running", "running"]


def test_a_run_that_was_stopped_is_called_paused(bench: Bench) -> None:
    first, _ = bench.cells
    bench.store.save(trace_of(first))
    bench.take(bench.cells[1])
    code, lines = told(bench, bench.held.close, nothing)
    assert code == 130
    assert [line.split(":")[0] for line in lines] == ["running", "paused"]


def test_it_ends_where_a_run_has_left_cells_that_failed(bench: Bench) -> None:
    first, second = bench.cells
    bench.store.save(trace_of(first))
    bench.take(second)

    def fails() -> None:
        bench.held.close()
        bench.fail(second)

    code, lines = told(bench, fails, nothing)
    assert code == 1
    assert lines[-1].startswith("failed: 1 cell failed and nothing runs; `querycurve run ")


def test_on_a_terminal_the_picture_is_drawn_anew(bench: Bench) -> None:
    first, second = bench.cells
    bench.store.save(trace_of(first))
    screen = Console(file=io.StringIO(), force_terminal=True, width=400)  # paths fit
    code = bench.watch(lambda: bench.store.save(trace_of(second)), screen=screen)
    assert code == 0
    assert isinstance(screen.file, io.StringIO)
    drawn = screen.file.getvalue()
    assert "\x1b[1A" in drawn, "the cursor goes up to what was drawn before"
    before, after = drawn.split("1 done, 1 new", 1)
    assert "paused: 1 cell is left" in before
    assert "2 done" in after
