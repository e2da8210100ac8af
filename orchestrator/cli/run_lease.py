"""A run's own lease: it says that the run is on while none of its cells is leased.

So it is while Ray and the model are loaded, and between two cells. It keeps nobody from anything:
of several runs of the same cells, the first one holds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from uuid import uuid4

from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.store.leases import Leases
from orchestrator.store.storage import Storage, StorageUnavailable


@contextmanager
def run_lease(plan: Plan, storage: Storage) -> Iterator[None]:
    """Holds the lease of a plan's runs while the block runs, unless another run holds it.

    A store that can't serve just now is no reason to stop: the run itself waits for it.

    Args:
        plan: what is run.
        storage: where its results go.
    """
    leases = Leases.of_process(storage, run=uuid4().hex)
    with ExitStack() as stack:
        with suppress(StorageUnavailable, UserError):
            stack.enter_context(leases.held(run_lease_name(plan)))
        yield


def run_lease_name(plan: Plan) -> str:
    """The name of the lease, by all cells that have a key, done or not: no cell's, nor a search's.

    It is the same for whoever plans the same spec beside the same data.
    """
    keys = "\n".join(sorted({cell.key for cell in plan.cells if cell.key}))
    return f"run-{hashlib.sha256(keys.encode()).hexdigest()[:16]}"
