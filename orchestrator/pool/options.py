"""What a user says of a run, and what follows for pool and workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.oracle.backbone import ResolvedBackbone
from orchestrator.plan.actor_cores import MOST_CORES
from orchestrator.plan.plan import Plan
from orchestrator.store.store import Store
from orchestrator.trial.messages import WorkerSetup

if TYPE_CHECKING:
    from orchestrator.oracle.remote.service import Gate
    from orchestrator.pool.slots import PoolLimits


@dataclass(frozen=True)
class LaunchOptions:
    """Where and how to run.

    Attributes:
        data_root: the folder or location that holds the datasets.
        address: Ray cluster to join; None starts one here.
        actors: the most actors; None for all that fit.
        cpus: CPU cores of one actor; None for its share of a node's where actors share GPUs, and
            for one where they don't.
        trials_per_gpu: actors that share a GPU, 0 to leave GPUs alone; None for one where the
            cluster has any.
        compile: whether towers on GPUs are compiled.
        checkpoint_seconds: seconds between two checkpoints of a cell.
        tracking_uri: MLflow's address; None to leave MLflow alone.
        patience: seconds to wait for a store that doesn't answer.
        pixel_cache: the most bytes of decoded images that a machine keeps; 0 for none.
        dashboard: whether a cluster that is started here has Ray's dashboard.
    """

    data_root: str
    address: str | None
    actors: int | None
    cpus: float | None
    trials_per_gpu: int | None
    compile: bool
    checkpoint_seconds: float
    tracking_uri: str | None
    patience: float
    pixel_cache: int
    dashboard: bool = False


def pool_limits(options: LaunchOptions, backbone: ResolvedBackbone) -> PoolLimits:
    """Resources of the actors of one model; needs a connection to the cluster.

    Those that ask a service need no GPU. Those that share GPUs share the cores beside them, unless
    their number is given: training images are decoded and augmented on cores.
    """
    import ray  # what a run is told is known without it

    from orchestrator.pool.cluster import share_of_cores
    from orchestrator.pool.slots import PoolLimits

    sharing = 0 if backbone.remote is not None else options.trials_per_gpu
    if sharing is None:
        sharing = 1 if ray.cluster_resources().get("GPU") else 0
    # Ray counts in ten-thousandths, so a share is rounded down to let all of them fit.
    gpus = 10_000 // sharing / 10_000 if sharing else 0.0
    cpus = options.cpus
    if cpus is None:
        cpus = min(MOST_CORES, share_of_cores(gpus)) if gpus else 1
    return PoolLimits(cpus, gpus, options.actors)


def worker_setup(
    plan: Plan,
    backbone: ResolvedBackbone,
    store: Store,
    options: LaunchOptions,
    gate: Gate,
) -> WorkerSetup:
    """What each oracle actor of a plan loads for one of its models.

    Args:
        plan: the plan.
        backbone: the model.
        store: where results go.
        options: how to run.
        gate: to the service that has the model; an open one where it is loaded.
    """
    return WorkerSetup(
        backbone=backbone,
        precision=plan.spec.precision,
        store=store.storage.location,
        store_identity=store.identity(),
        data_root=options.data_root,
        short_classes=plan.spec.short_classes,
        own_datasets=plan.spec.own_datasets,
        unreadable=plan.unreadable,
        identities=plan.identities,
        encoders=plan.encoders(),
        outside_methods=plan.outside_methods(),
        outside_datasets=plan.outside_datasets(),
        threads=max(1, int(options.cpus or 1)),  # last digits depend on it
        checkpoint_interval=options.checkpoint_seconds,
        patience=options.patience,
        pixel_cache=options.pixel_cache,
        compile=options.compile,
        on_cpu=options.trials_per_gpu == 0,  # Ray hides no GPUs from actors that ask for none
        gate=gate,
    )
