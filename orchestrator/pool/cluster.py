"""Joins a running Ray cluster, or starts one on this machine for as long as it is needed."""

import gc
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

import ray
from ray.exceptions import RayError

from orchestrator.errors import UserError, last_line
from orchestrator.pool.import_path import OurModules
from orchestrator.pool.ray_folder import ray_folder
from orchestrator.pool.reaching import CLIENT, Named, check_reachable, named_cluster
from orchestrator.pool.token import have_token

ATTEMPTS = 3
"""How often Ray is started on this machine before a run gives up."""

PAUSE = 10.0
"""Seconds between two attempts."""


def room_for(cpus: float, gpus: float) -> int:
    """How many actors of this size fit on the nodes that are alive, whatever runs there now."""
    return sum(_fit(node["Resources"], cpus, gpus) for node in ray.nodes() if node["Alive"])


def share_of_cores(gpus: float) -> int:
    """Whole cores of an actor that takes so many GPUs, if its node's are shared like its GPUs.

    At least one; by the node with the fewest for each GPU. One where no node has a GPU yet.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    actors = [(node, _fit(node, 0, gpus)) for node in nodes if node.get("GPU")]
    shares = [int(node.get("CPU", 0) / count) for node, count in actors if count]
    return max(1, min(shares, default=1))


def node_lost(node: str, error: RayError) -> bool:
    """Whether an actor died with its node, or was preempted, rather than by itself.

    Args:
        node: id of the actor's node.
        error: what its last task ended with.
    """
    if getattr(error, "preempted", False):
        return True
    return not any(entry["NodeID"] == node and entry["Alive"] for entry in ray.nodes())


def _fit(resources: dict[str, float], cpus: float, gpus: float) -> int:
    asked = {"CPU": cpus, "GPU": gpus}
    return min(
        (int(resources.get(name, 0) / amount + 1e-9) for name, amount in asked.items() if amount),
        default=1,
    )


_QUIET = {
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
}


@contextmanager
def connected(
    address: str | None = None,
    say: Callable[[str], None] = lambda _: None,
    *,
    cpus: int | None = None,
    object_store_mb: int = 512,
    dashboard: bool = False,
) -> Iterator[None]:
    """Connects this process to a cluster.

    A cluster that is started here ends with the block. Ray listens on every interface of a
    machine that has a routable one; what keeps others out is the token that Ray asks of whoever
    connects to a cluster that it started by itself (unless RAY_AUTH_MODE says otherwise).

    Args:
        address: of a running cluster (`auto` finds the one on this machine), or `local`; None joins
            the one that RAY_ADDRESS names, or starts one here.
        say: told which cluster is joined, and when Ray has to be started again.
        cpus: CPU cores of a cluster that is started here; None for all.
        object_store_mb: shared memory of a cluster that is started here, in MiB.
        dashboard: whether a cluster that is started here has Ray's dashboard, on this machine only.

    Raises:
        UserError: the address can't be reached, or Ray doesn't start here.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    named = named_cluster(address)
    if named is None:
        found = _start_here(cpus, object_store_mb, say, dashboard=dashboard)
        if dashboard:
            say(_where_dashboard(found))
    else:
        say(f"joining {named} ...")
        check_reachable(named)
        _join(named)
    try:
        yield
    finally:
        _shut_down()


def _shut_down() -> None:
    """Shuts Ray down, while no thread drops any object of Ray's.

    Ray ends the whole process at once, with code 1, when a thread drops one meanwhile. Those in
    cycles are dropped by whichever thread happens to collect garbage, such as the one that writes
    to MLflow; so they are collected here first, and none is after that.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        gc.collect()
        ray.shutdown()
    finally:
        if was_on:
            gc.enable()


def _join(named: Named) -> None:
    try:
        with warnings.catch_warnings(action="ignore"):
            job: dict[str, Any] = {}
            if not named.address.startswith(CLIENT):
                job["job_config"] = OurModules()
            quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
            ray.init(address=named.address, **quiet, **job)
    except Exception as error:  # Ray has many kinds, of which some are bare
        _shut_down()
        raise named.refusal(" ".join(str(error).split()).rstrip(".")) from None


def _where_dashboard(url: str | None) -> str:
    if not url:
        return "Ray's dashboard did not start; the run goes on without it"
    token = " It asks for a token: 'ray get-auth-token' prints it." if _asks_for_token() else ""
    return f"Ray's dashboard: http://{url}, until this run ends.{token}"


def _asks_for_token() -> bool:
    return os.environ.get("RAY_AUTH_MODE", "token") == "token"


def _start_here(
    cpus: int | None, object_store_mb: int, say: Callable[[str], None], *, dashboard: bool
) -> str | None:
    """Starts Ray on this machine, again where it was too busy for Ray's processes to come up.

    Returns where its dashboard is, if it has one.

    Ray says so by a bare `Exception`, a RuntimeError, an error of its own or of the system,
    depending on which of its processes was late.
    """
    folder = ray_folder(say)
    have_token()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            context = ray.init(
                address="local",
                num_cpus=cpus,
                include_dashboard=dashboard,
                dashboard_host="127.0.0.1",
                object_store_memory=object_store_mb * 2**20,
                logging_level=logging.ERROR,
                log_to_driver=False,
                job_config=OurModules(),
                _temp_dir=folder,
            )
        except (TypeError, ValueError) as error:  # what it was asked for is impossible
            raise UserError(f"can't start Ray on this machine: {error}") from None
        except Exception as error:
            _shut_down()
            if attempt == ATTEMPTS:
                raise UserError(
                    f"Ray did not start on this machine in {ATTEMPTS} attempts: "
                    f"{last_line(error)} The machine is likely too busy, or short of memory: try "
                    f"again when less is running, or give a running cluster with --address."
                ) from None
            say(f"Ray did not start ({last_line(error)}); trying again in {PAUSE:.0f} s")
            sleep(PAUSE)
        else:
            return getattr(context, "dashboard_url", None)
    return None
