"""Threads in which a service works, so that it can be asked for its health meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import torch

Result = TypeVar("Result")


class Work:
    """One thread for the model, and one for reading what clients send.

    Args:
        threads: CPU threads that the model computes with, on which last digits depend.
    """

    def __init__(self, threads: int = 1) -> None:
        self._model = ThreadPoolExecutor(1, "model", partial(torch.set_num_threads, threads))
        self._reading = ThreadPoolExecutor(1, "reading")

    async def compute(self, task: Callable[[], Result]) -> Result:
        """Runs a task of the model after those that came before; it ends even if nobody waits."""
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._model, task))

    async def read(self, task: Callable[[], Result]) -> Result:
        """Runs a task that needs no model."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, task)

    def close(self) -> None:
        """Waits for what runs, and ends the threads."""
        for threads in (self._model, self._reading):
            threads.shutdown(cancel_futures=True)
