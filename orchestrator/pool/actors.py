"""Makes the Ray actors that hold an oracle's model and run cells."""

from dataclasses import dataclass, replace
from typing import Any

import ray

from orchestrator.errors import UserError
from orchestrator.pool.secrets import NONE, Secrets
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.worker import Worker


class OracleActor(Worker):
    """A worker that can say why it can't work; an actor whose constructor fails is only dead.

    Attributes:
        refusal: what its user has to mend first; empty if it can work.
    """

    refusal = ""

    def __init__(self, setup: WorkerSetup, secrets: Secrets = NONE) -> None:
        secrets.put()
        try:
            super().__init__(setup)
        except UserError as error:
            self.refusal = str(error)


@dataclass(frozen=True)
class OracleActorFactory:
    """Makes oracle actors, each in a process of its own.

    The second thread of an actor answers `progress` and `stop` while the first one runs a cell. A
    dead actor is replaced by the pool, never restarted by Ray, which would lose the pending cell.
    Secrets of a service are taken from the environment of whoever makes an actor.

    Attributes:
        setup: what each actor loads, whatever it says of decoders.
        cpus: CPU cores an actor asks of the cluster; as many threads decode its images.
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
        return actor.remote(self.loads, secrets_of(self.setup))

    @property
    def loads(self) -> WorkerSetup:
        """What an actor loads, with as many decoders as it has cores."""
        return replace(self.setup, decoders=max(1, int(self.cpus)))


def secrets_of(setup: WorkerSetup) -> Secrets:
    """What actors need of this process's environment to ask a service."""
    remote = setup.backbone.remote
    return Secrets.of_environment(() if remote is None else remote.backbone.variables)
