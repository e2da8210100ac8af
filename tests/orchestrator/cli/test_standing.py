"""What is going on with a spec, in one word and one line."""

from __future__ import annotations

from collections import Counter

import pytest

from orchestrator.cli.standing import Standing
from orchestrator.plan.plan import Status

RUN = "querycurve run demo"


def counts(**numbers: int) -> Counter[Status]:
    named: dict[str, Status] = {
        "done": "done",
        "begun": "in progress",
        "failed": "failed",
        "skipped": "skipped",
    }
    return Counter({named.get(name, "new"): number for name, number in numbers.items()})


@pytest.mark.parametrize(
    ("standing", "state", "text"),
    [
        (Standing(counts(new=2)), "not started", f"nothing runs; `{RUN}` does"),
        (Standing(counts(new=2), frozenset("ab")), "running", "2 cells work now"),
        (Standing(counts(done=2), searching=True), "running", "the search is at work"),
        (Standing(counts(new=2), launched=True), "running", "it starts, or is between two cells"),
        (Standing(counts(new=2), frozenset("ab"), launched=True), "running", "2 cells work now"),
        (
            Standing(counts(done=1), frozenset("a"), searching=True),
            "running",
            "1 cell works now, and the search",
        ),
        (
            Standing(counts(done=1, begun=4, new=2)),
            "paused",
            f"4 cells have checkpoints and nothing runs; `{RUN}` goes on",
        ),
        (
            Standing(counts(done=1, failed=1, new=2)),
            "paused",
            f"3 cells are left and nothing runs; `{RUN}` goes on",
        ),
        (
            Standing(counts(done=3), search_left=True, search_begun=True),
            "paused",
            f"trials of the search are left and nothing runs; `{RUN}` goes on",
        ),
        (
            Standing(counts(done=3, failed=1)),
            "failed",
            f"1 cell failed and nothing runs; `{RUN}` tries it again",
        ),
        (Standing(counts(done=3)), "done", "nothing is left to run"),
        (
            Standing(counts(done=3, skipped=2)),
            "done",
            "nothing is left that can run here; 2 cells are skipped",
        ),
    ],
)
def test_nothing_is_said_to_run_where_nothing_does(
    standing: Standing, state: str, text: str
) -> None:
    assert standing.state == state
    assert standing.text(RUN) == f"{state}: {text}"
