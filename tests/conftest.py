"""Settings shared by all tests: offline, repeatable, and fair to the tests in the next process."""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Generator
from functools import cache
from pathlib import Path
from secrets import token_hex

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# What a user's machine remembers of files is not for tests to read or write.
os.environ["QUERYCURVE_CACHE"] = tempfile.mkdtemp(prefix="querycurve-tests-")
# Tensors are small here: a second thread mostly waits, and takes the core of the next process.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Ray asks for a token from its first local start on, and until this process ends: clusters that a
# process joins must know the same one.
os.environ.setdefault("RAY_AUTH_MODE", "token")
os.environ.setdefault("RAY_AUTH_TOKEN", token_hex(16))
# Ray's own default is that its workers take what others leave, which is nothing while tests run.
os.environ.setdefault("RAY_worker_niceness", "0")

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

atexit.register(shutil.rmtree, os.environ["QUERYCURVE_CACHE"], ignore_errors=True)
settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("project")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leaves what is imported before the first test out of all searches for garbage.

    Those are hundreds of thousands of objects, which live as long as the process. Imports would
    start many such searches; code under test, as Holm's correction and `torch.compile`, does too.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        atexit.register(gc.unfreeze)  # libraries that look for leaks at the end find none


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts what takes long first and the many quick tests last, so that all processes end together.

    Tests on clusters wait more than they work, so that others fill their gaps.
    """
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("cluster") is not None:
        return 0
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return {"benchmarks": 3, "orchestrator": 2}.get(folder, 1)


class FilesTogether(LoadScopeScheduling):
    """Keeps the tests of a file in one process, and in one as well all that share a Ray cluster."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", maxsplit=1)[0]
        return "cluster" if _shares_cluster(file) else file


@cache
def _shares_cluster(file: str) -> bool:
    return "cluster: Cluster" in (Path(__file__).parents[1] / file).read_text()


@pytest.hookimpl(optionalhook=True)  # without xdist there is nothing to distribute
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesTogether:
    """Distributes tests by `FilesTogether`."""
    return FilesTogether(config, log)
