"""An actor that needs a GPU, for tests of a pool; its process imports little."""

from __future__ import annotations

import os
import time
from typing import Any

import ray


class OnGpu:
    """An actor that takes a while to start and says which node it is on."""

    def __init__(self) -> None:
        time.sleep(0.5)

    def work(self, seconds: float) -> str:
        time.sleep(seconds)
        return str(ray.get_runtime_context().get_node_id())

    def gpus(self) -> str:
        """The GPUs that PyTorch would see."""
        time.sleep(0.1)
        return os.environ["CUDA_VISIBLE_DEVICES"]


def make_actor() -> Any:
    remote: Any = ray.remote(OnGpu)
    return remote.options(num_cpus=0, num_gpus=1, max_restarts=0).remote()
