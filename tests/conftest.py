"""Settings shared by all tests: offline, repeatable, and fair to the tests in the next process."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# Tensors are small here: a second thread mostly waits, and takes the core of the next process.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("project")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps together what shares fixtures: all tests on one Ray cluster, the others by file.

    Those on clusters come first: they wait more than they work, so the rest fills their gaps.
    """
    items.sort(key=lambda item: item.get_closest_marker("cluster") is None)
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            on_ray = item.get_closest_marker("cluster") is not None
            item.add_marker(pytest.mark.xdist_group("cluster" if on_ray else item.path.name))
