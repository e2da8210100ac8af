"""Makes the Ray actors that hold an oracle's model and run cells."""

from dataclasses import dataclass
from typing import Any

import ray

from orchestrator.errors import UserError
from orchestrator.pool.secret import Secret
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.worker import Worker


class OracleActor(Worker):
    """A worker that can say why it can't work; an actor whose constructor fails is only dead.

    Attributes:
        refusal: what its user has to mend first; empty if it can work.
    """

    refusal = ""

    def __init__(self, setup: WorkerSetup, secret: Secret | None = None) -> None:
        if secret is not None:
            secret.put()
        try:
            super().__init__(setup)
        except UserError as error:
            self.refusal = str(error)


@dataclass(frozen=True)
class OracleActorFactory:
    """Makes oracle actors, each in a process of its own.

    The second thread of an actor answers `progress` and `stop` while the first one runs a cell. A
    dead actor is replaced by the pool, never restarted by Ray, which would lose the pending cell.
    The token of a service is taken from the environment of whoever makes an actor.

    Attributes:
        setup: what each actor loads.
        cpus: CPU cores an actor asks of the cluster.
        gpus: GPUs an actor asks of the cluster, fractions to share one.
    """

    setup: WorkerSetup
    cpus: float = 1
    gpus: float = 0

    def __call__(self) -> Any:
        """A handle to a new actor, which loads its model in the background."""
        remote: Any = ray.remote(OracleActor)
        options = {"num_cpus": self.cpus, "num_gpus": self.gpus}
        actor = remote.options(**options, max_restarts=0, max_concurrency=2)
        return actor.remote(self.setup, token_of(self.setup))


def token_of(setup: WorkerSetup) -> Secret | None:
    """The token of the service that actors ask, from this process's environment, if it has one."""
    remote = setup.backbone.remote
    return None if remote is None else Secret.of_environment(remote.backbone.token_from)
