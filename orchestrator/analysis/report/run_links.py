"""Links from a page to the runs of single cells in MLflow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from orchestrator.analysis.runs import Run

MOST = 2000
"""Links that a page holds."""

RunLink = Callable[[str], str | None]
"""The address of a cell's run by the cell's key; None where there is none."""


@dataclass(frozen=True)
class LinkedRun:
    """A cell with the address of its run."""

    title: str
    address: str

    @property
    def is_local(self) -> bool:
        """Whether only the machine that wrote the page can open it."""
        return urlsplit(self.address).hostname in ("127.0.0.1", "localhost")


def found_by_key(server: str, experiment: str) -> RunLink:
    """Links that have MLflow search an experiment for the tag `key`, which needs no run's id.

    Args:
        server: where MLflow is served, such as `http://127.0.0.1:5000`.
        experiment: the experiment's id.

    Example:
        >>> found_by_key("http://host:5000/", "7")("ab12")
        "http://host:5000/#/experiments/7/runs?workflowType=machine_learning&searchFilter=tags.key%3D'ab12'"
    """

    def link(key: str) -> str:
        found = f"workflowType=machine_learning&searchFilter=tags.key%3D'{quote(key)}'"
        return f"{server.rstrip('/')}/#/experiments/{quote(experiment)}/runs?{found}"

    return link


def linked_runs(runs: Iterable[Run], link: RunLink | None) -> tuple[LinkedRun, ...]:
    """All cells with an address that a browser may open, in order of their titles."""
    if link is None:
        return ()
    found = ((run.title, link(run.trace.key)) for run in runs)
    known = (LinkedRun(title, at) for title, at in found if at is not None and _is_web(at))
    return tuple(sorted(known, key=lambda one: one.title))[:MOST]


def _is_web(address: str) -> bool:
    """Whether it is a page, and no script."""
    return urlsplit(address).scheme in ("http", "https")
