"""The threads of a service: one computes, with as many CPU threads as an actor in memory."""

from __future__ import annotations

import asyncio
from contextlib import closing

import torch

from orchestrator.server.work import Work


def test_the_model_computes_with_as_many_threads_as_were_asked_for() -> None:
    before = torch.get_num_threads()
    for threads in (1, 3):
        with closing(Work(threads)) as work:
            assert asyncio.run(work.compute(torch.get_num_threads)) == threads
    assert torch.get_num_threads() == before
