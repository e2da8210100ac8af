"""Writes a site: a report for each experiment, and the page that leads to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.write import write_report
from orchestrator.analysis.site.entry import Experiment
from orchestrator.analysis.site.files import leaderboard_csv
from orchestrator.analysis.site.folder import INDEX, begin, check_folder, unique_names, unlinked
from orchestrator.analysis.site.leaderboard import Leaderboard, leaderboards_of
from orchestrator.analysis.site.page import LeftOut, render_index
from orchestrator.errors import UserError

LEADERBOARD = "leaderboard.csv"


@dataclass(frozen=True)
class Site:
    """A written site.

    Attributes:
        page: its index.
        table: the leaderboards as CSV.
        experiments: the reports that it has.
        boards: what may be compared.
        left_out: what was asked for, and has no report.
        unlinked: folders of reports of an earlier site that this one doesn't lead to.
    """

    page: Path
    table: Path
    experiments: tuple[Experiment, ...]
    boards: tuple[Leaderboard, ...]
    left_out: tuple[LeftOut, ...]
    unlinked: tuple[str, ...] = ()


def write_site(
    folder: Path, asked: Sequence[tuple[str, Comparison]], left_out: Sequence[LeftOut] = ()
) -> Site:
    """Writes index.html, leaderboard.csv, and a folder with the usual report for each experiment.

    An experiment whose report can't be written is left out, with its reason.

    Args:
        folder: where it goes: new, empty, or that of an earlier site.
        asked: what each experiment is called by its user, and what it is about.
        left_out: what could not be read.

    Raises:
        UserError: the folder holds something else, or can't be written.
    """
    check_folder(folder)
    try:
        begin(folder)
        experiments, unwritten = _reports(folder, asked)
        boards = leaderboards_of(experiments)
        missing = (*left_out, *unwritten)
        page, table = folder / INDEX, folder / LEADERBOARD
        table.write_text(leaderboard_csv(boards), encoding="utf-8")
        page.write_text(render_index(boards, experiments, missing), encoding="utf-8")
        others = unlinked(folder, (one.name for one in experiments))
    except OSError as error:
        reason = error.strerror or str(error)
        if isinstance(error, FileExistsError):
            reason = "something that is no folder is in the way"
        at = f" ({error.filename})" if error.filename else ""
        raise UserError(f"the site can't be written to {folder}: {reason}{at}.") from None
    return Site(page, table, tuple(experiments), boards, missing, tuple(others))


def _reports(
    folder: Path, asked: Sequence[tuple[str, Comparison]]
) -> tuple[list[Experiment], list[LeftOut]]:
    written, unwritten = [], []
    names = unique_names([comparison.name for _, comparison in asked])
    for name, (said, comparison) in zip(names, asked, strict=True):
        try:
            report = write_report(comparison, folder / name)
        except UserError as error:
            unwritten.append(LeftOut(said, str(error)))
        else:
            written.append(Experiment(name, said, comparison, report.in_words))
    return written, unwritten
