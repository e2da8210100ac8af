"""The rows of the GPU table, the most telling first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.performance.fitting import Piece, Size
from tests.performance.gpu.cell_rows import bench_cell_row, sharing_row, zip_row
from tests.performance.gpu.oracle_rows import oracle_row, title
from tests.performance.gpu.outcome import Outcome
from tests.performance.gpu.setting import Setting
from tests.performance.gpu.tower_rows import tower_row

GROUPS = ("tower", "cell", "oracle", "sharing", "compiled", "bench-cell")


@dataclass(frozen=True)
class Step:
    """Measures one row, or a few that belong together.

    Attributes:
        group: what it can be asked for by.
        title: the row's name, also where it fails.
        seconds: what it may take, roughly, on an H100.
        measure: gives the rows; whatever it raises fails this row alone.
    """

    group: str
    title: str
    seconds: float
    measure: Callable[[], Iterator[Outcome]]

    def outcomes(self) -> list[Outcome]:
        """The rows, or the one that says what went wrong."""
        try:
            return list(self.measure())
        except Exception as error:  # whatever a first run on new hardware brings
            lines = [line for line in str(error).splitlines() if line.strip()]
            told = lines[-1].strip() if lines else "no message"
            return [Outcome(self.title, error=f"{type(error).__name__}: {told}")]

    @property
    def piece(self) -> Piece[Step]:
        """For whoever takes what fits some minutes."""
        return Piece(self.title, (Size(self, self.seconds),))


def steps(setting: Setting, folder: Path, groups: tuple[str, ...] = ()) -> list[Step]:
    """All steps, or those of some groups."""
    found = list(_steps(setting, folder))
    return [step for step in found if not groups or step.group in groups]


def _steps(setting: Setting, folder: Path) -> Iterator[Step]:
    yield Step("tower", "image tower, as written", 20, partial(tower_row, setting, compiled=False))
    yield Step("cell", "ZIP cell", 90, partial(zip_row, setting, folder))
    for precision in reversed(setting.precisions):
        for case in setting.cases:
            work = partial(oracle_row, setting, case, precision, compiled=False)
            yield Step("oracle", f"{title(case)}, {precision}", 15, work)
    yield Step("compiled", "image tower, compiled", 90, partial(tower_row, setting, compiled=True))
    for actors in setting.sharing:
        work = partial(sharing_row, setting, folder, actors)
        yield Step("sharing", f"{actors} trials a GPU", 90, work)
    for precision in reversed(setting.precisions):
        for case in setting.cases:
            work = partial(oracle_row, setting, case, precision, compiled=True)
            yield Step("compiled", f"{title(case)}, {precision}, compiled", 90, work)
    yield Step("bench-cell", "bench-cell", 240, partial(bench_cell_row, setting, folder))
