"""How an actor died is told in a line."""

from __future__ import annotations

import pytest
from ray.exceptions import ActorDiedError, OutOfMemoryError, RayError

from orchestrator.pool.deaths import how_it_died

BY_RAY = OutOfMemoryError(
    "1 worker(s) were killed due to the node running low on memory. Memory on the node (IP: "
    "10.0.0.1, ID: c999) was 22.4GB used / 23.54GB limit (0.95)\nOOM kill reason: Memory usage\n"
    "Refer to the documentation on how to address the out of memory issue: https://docs.ray.io"
)
BY_THE_SYSTEM = ActorDiedError(None)
BY_THE_SYSTEM.error_msg = (
    "The actor died unexpectedly before finishing this task.\n\tpid: 4234\nThe actor is dead "
    "because its worker process has died. Worker exit type: SYSTEM_ERROR Worker exit detail: "
    "Worker unexpectedly exits with a connection error code 2. End of file. Some common causes "
    "include: (1) the process was killed by the OOM killer due to high memory usage, ..."
)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BY_RAY, "the memory of its node ran out (22.4GB of 23.54GB in use), so Ray ended it."),
        (OutOfMemoryError("in words yet unknown"), "the memory of its node ran out, so Ray"),
        (BY_THE_SYSTEM, "its process was killed, perhaps because memory ran out, or it crashed."),
    ],
)
def test_memory_is_named_with_what_to_do(error: RayError, told: str) -> None:
    how = how_it_died(error)
    assert how.startswith(told)
    assert "--actors" in how
    assert len(how.splitlines()) == 1


def test_other_deaths_are_told_by_their_last_line() -> None:
    error = ActorDiedError(None)
    error.error_msg = "Traceback\norchestrator.errors.UserError: no such weights"
    assert how_it_died(error) == "no such weights"
