"""The life of a pool's actors: made as the cluster has room, welcomed, lent, replaced, let go.

Knows no tasks: `ActorPool` schedules them over these actors, and the broker of a search lends the
actors to trials.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayError

from orchestrator.errors import UserError
from orchestrator.pool.cluster import node_lost, room_for
from orchestrator.pool.deaths import how_it_died

TICK = 0.5
"""Longest wait in seconds before the cluster is looked at again."""


class PoolError(UserError):
    """No actor can be started; says what the actors said."""


@dataclass(frozen=True)
class PoolLimits:
    """What actors need, how many there may be, and how many failures are put up with.

    Attributes:
        cpus: CPU cores an actor asks of the cluster.
        gpus: GPUs an actor asks of the cluster.
        actors: the most actors. They are asked for even where they don't fit yet, so that a cluster
            that scales itself grows. None for as many as fit on the nodes that are there.
        crashes: how often an actor may die under the same task before the task counts as failed;
            lost nodes don't count.
        setup_failures: actors that may fail in a row before one was ever ready.
    """

    cpus: float = 1
    gpus: float = 0
    actors: int | None = None
    crashes: int = 3
    setup_failures: int = 3


@dataclass(eq=False)
class Slot:
    """A place in the pool, held by one actor from its making to its end.

    Attributes:
        actor: the actor's handle.
        starting: reference that resolves to its first answer; None afterwards.
        node: id of its node; empty before it answers.
        taken: whether somebody works with it.
    """

    actor: Any
    starting: Any
    node: str = ""
    taken: bool = False

    def sign_of_life(self) -> Any:
        """A reference that resolves to the actor's answer, or fails."""
        return self.actor.__ray_call__.remote(_answer_of)


@dataclass
class ActorSlots:
    """Makes actors, keeps count of who is taken, and lets them go.

    Attributes:
        factory: makes a new actor, which Ray must not restart (`max_restarts=0`). One that can't
            work for a reason that its user can mend has it as its `refusal`.
        limits: resources and patience.
        tell: told what happens to actors.
    """

    factory: Callable[[], Any]
    limits: PoolLimits
    tell: Callable[[str], None] = lambda _: None
    capacity: int = 0
    """How many actors there may be, as of the last look at the cluster."""
    _slots: list[Slot] = field(default_factory=list)
    _setup_failures: int = 0
    _grow_after: float = 0.0
    _looked: float = 0.0
    _fit: int = 0
    _no_room: bool = False
    _refusals: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def ready(self) -> int:
        """Actors that have answered."""
        return sum(slot.starting is None for slot in self._slots)

    @property
    def taken(self) -> int:
        """Actors that somebody works with."""
        return sum(slot.taken for slot in self._slots)

    @property
    def expected(self) -> int:
        """Actors that are ready, and those that start on nodes that have room for them."""
        return max(self.ready, min(len(self), self._fit))

    def room(self) -> int:
        """How many actors there may be now: those asked for, or as many as fit."""
        cpus, gpus = self.limits.cpus, self.limits.gpus
        fit = self._fit = room_for(cpus, gpus)
        if not fit and not self._no_room:
            size = f"{cpus:g} CPU and {gpus:g} GPU" if gpus else f"{cpus:g} CPU"
            self.tell(f"no node has room for an actor of {size}; waiting for one")
        self._no_room = not fit
        return fit if self.limits.actors is None else self.limits.actors

    def look_around(self) -> bool:
        """Once a tick, looks at the cluster's room; returns whether it did."""
        now = time.monotonic()
        if now - self._looked < TICK:
            return False
        self._looked = now
        self.capacity = self.room()
        return True

    def grow(self, wanted: int) -> None:
        """Makes new actors up to what is wanted and what fits, including late nodes."""
        if time.monotonic() < self._grow_after:
            return
        while len(self._slots) < min(wanted, self.capacity):
            slot = Slot(self.factory(), None)
            # Asking for the node also waits for the constructor: the actor's first answer.
            slot.starting = slot.sign_of_life()
            self._slots.append(slot)

    def retire(self, wanted: int) -> None:
        """Lets go of actors that will get no work: somebody may be paying for their nodes."""
        surplus = [slot for slot in self._slots if not slot.taken]
        surplus.sort(key=lambda slot: slot.starting is None)  # those that aren't ready go first
        for slot in surplus[: max(0, len(self._slots) - wanted)]:
            self.discard(slot)

    def acquire(self) -> Slot | None:
        """An idle actor as by `take`; where there is room for another one, it is made meanwhile.

        Raises:
            PoolError: as `wait` does.
        """
        self.look_around()
        self.grow(self.taken + 1)
        self.wait((), timeout=0)
        return self.take()

    def take(self) -> Slot | None:
        """An idle actor, the taker's own until `release`, `discard` or `bury`; None if none is."""
        for slot in self._slots:
            if slot.starting is None and not slot.taken:
                slot.taken = True
                return slot
        return None

    def release(self, slot: Slot) -> None:
        """Takes an actor back, for others to take."""
        slot.taken = False

    def discard(self, slot: Slot) -> None:
        """Kills an actor that is in doubt or surplus; `grow` replaces it."""
        self._slots.remove(slot)
        ray.kill(slot.actor)

    def bury(self, slot: Slot, error: RayError) -> bool:
        """Removes an actor that died; returns whether its node was lost with it.

        Args:
            slot: the actor's.
            error: what its last task ended with.
        """
        self._slots.remove(slot)
        return node_lost(slot.node, error)

    def wait(self, results: Iterable[Any], timeout: float) -> list[Any]:
        """Waits until a result is there, or an actor answers for the first time.

        Args:
            results: references of what taken actors work on.
            timeout: seconds.

        Returns:
            The references that are there: results, or errors.

        Raises:
            PoolError: none is ready, and actors fail to start again and again, or one refuses to
                work.
        """
        newcomers = {s.starting: s for s in self._slots if s.starting is not None}
        awaited = [*newcomers, *results]
        if not awaited:
            time.sleep(min(timeout, 0.05))
            return []
        happened, _ = ray.wait(awaited, num_returns=1, timeout=timeout, fetch_local=False)
        if happened:  # whatever else is there already is taken along
            happened, _ = ray.wait(awaited, num_returns=len(awaited), timeout=0, fetch_local=False)
        for reference in happened:
            if reference in newcomers:
                self._welcome(newcomers[reference])
        return [reference for reference in happened if reference not in newcomers]

    def shutdown(self) -> None:
        """Kills all actors; what they were doing is lost."""
        for slot in self._slots:
            ray.kill(slot.actor)
        self._slots.clear()

    def _welcome(self, slot: Slot) -> None:
        """An actor answered for the first time, or failed to."""
        try:
            answer = ray.get(slot.starting)
        except RayError as error:
            self._slots.remove(slot)
            self._note_setup_failure(error)
            return
        if answer.refusal:
            self.discard(slot)
            self._note_refusal(answer.refusal)
            return
        slot.node, slot.starting = answer.node, None
        self._setup_failures = 0
        self.tell(f"{self.ready} of {len(self)} actors ready")

    def _note_setup_failure(self, error: RayError) -> None:
        self._setup_failures += 1
        self._pause_growth()
        how = how_it_died(error)
        self.tell(f"an actor failed to start: {how}")
        if self._setup_failures >= self.limits.setup_failures and not self.ready:
            raise PoolError(
                f"no actor could be started in {self._setup_failures} attempts: {how}. Ray's logs "
                f"are on the node, below /tmp/ray/session_latest/logs unless it has another place."
            )

    def _note_refusal(self, refusal: str) -> None:
        """An actor can't work; on other nodes, actors may: some are ready, or still start."""
        self._setup_failures += 1
        self._pause_growth()
        if not self._slots:
            raise PoolError(refusal)
        if refusal not in self._refusals:
            self._refusals.add(refusal)
            self.tell(f"an actor can't work: {refusal}")

    def _pause_growth(self) -> None:
        self._grow_after = time.monotonic() + min(2**self._setup_failures / 4, 30)


@dataclass(frozen=True)
class _Answer:
    """An actor's first answer: its node, and why it can't work, if it can't."""

    node: str
    refusal: str


def _answer_of(actor: Any) -> _Answer:
    return _Answer(ray.get_runtime_context().get_node_id(), getattr(actor, "refusal", ""))
