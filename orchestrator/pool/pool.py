"""A supervised pool of Ray actors that run one task after another.

The pool knows no cells and no models. It makes actors as the cluster has room for them, waits until
each one answers, gives idle ones work, replaces dead ones and puts the work they held back in
front. `acquire` and `release` are what `run` itself lives on, and the seam for other drivers.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import ray
from ray.exceptions import ActorUnavailableError, RayError, RayTaskError

from orchestrator.errors import UserError
from orchestrator.pool.cluster import node_lost, room_for

TICK = 0.5
"""Longest wait in seconds before the pool looks at cluster, source and progress again."""


class PoolError(UserError):
    """No actor can be brought up; carries what the actors' constructor said."""


@dataclass(frozen=True)
class PoolTask:
    """A piece of work.

    Attributes:
        id: tells it from all others.
        start: starts it on an actor and returns the reference of its result.
    """

    id: str
    start: Callable[[Any], Any]


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        task: what was run.
        value: its result.
        error: traceback or reason when it failed, else empty.
    """

    task: PoolTask
    value: Any = None
    error: str = ""


class TaskSource(Protocol):
    """Where tasks come from; pulled as actors become free."""

    def next_task(self) -> PoolTask | None:
        """The next task; None when none is ready now."""

    def exhausted(self) -> bool:
        """Whether no task will ever come again."""


@dataclass(frozen=True)
class PoolLimits:
    """What the pool puts up with.

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

    @property
    def actor(self) -> str:
        """An actor by what it asks for."""
        gpus = f" and {self.gpus:g} GPU" if self.gpus else ""
        return f"an actor of {self.cpus:g} CPU{gpus}"


@dataclass
class PoolListener:
    """Told what happens; every callback may be replaced.

    Attributes:
        on_start: a task was given to an actor.
        on_progress: what an actor's `progress()` says while it runs a task.
        on_event: something about actors that a person may want to know.
    """

    on_start: Callable[[PoolTask], None] = lambda _: None
    on_progress: Callable[[PoolTask, Any], None] = lambda _task, _value: None
    on_event: Callable[[str], None] = lambda _: None


@dataclass(eq=False)
class _Slot:
    """An actor and what it is doing."""

    actor: Any
    starting: Any  # reference that resolves to the node's id once the actor answers
    node: str = ""
    task: PoolTask | None = None
    result: Any = None
    progress: Any = None
    doubted: bool = False  # contact was lost; `result` is a sign of life, not the task's

    @property
    def idle(self) -> bool:
        return self.starting is None and self.task is None

    @property
    def awaited(self) -> Any:
        return self.starting if self.starting is not None else self.result


@dataclass
class ActorPool:
    """Supervises actors; a context manager that kills them at the end.

    Attributes:
        factory: makes a new actor. The actor must not be restarted by Ray (`max_restarts=0`), and
            needs `max_concurrency=2` to answer `progress()` while it works.
        limits: resources and patience.
        listener: told what happens.
    """

    factory: Callable[[], Any]
    limits: PoolLimits = PoolLimits()
    listener: PoolListener = field(default_factory=PoolListener)
    _slots: list[_Slot] = field(default_factory=list)
    _waiting: deque[PoolTask] = field(default_factory=deque)
    _crashes: Counter[str] = field(default_factory=Counter)
    _setup_failures: int = 0
    _grow_after: float = 0.0
    _looked: float = 0.0
    _capacity: int = 0
    _no_room: bool = False
    _stop_by: float | None = None

    def run(self, source: TaskSource) -> Iterator[Outcome]:
        """Runs all tasks of a source; yields outcomes as they come, until the end or `stop`.

        Raises:
            PoolError: actors fail to start again and again, and none is left.
        """
        while not (source.exhausted() and not self._waiting and not self._busy()):
            if self._stop_by is not None:
                yield from self._wind_up(self._stop_by)
                return
            self._look_around()
            self._pull(source)
            self._grow(len(self._waiting) + len(self._busy()))
            self._assign()
            if source.exhausted():
                self._retire(len(self._waiting) + len(self._busy()))
            yield from self._collect()

    def stop(self, patience: float = 30.0) -> None:
        """Ends `run` early: nothing new starts, and busy actors are asked to `stop()`.

        May be called from a signal handler.

        Args:
            patience: seconds that the actors have to end what they are doing.
        """
        self._stop_by = time.monotonic() + patience

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stop_by is not None

    def acquire(self) -> Any | None:
        """An idle actor, out of the pool's hands until `release`; None when none is idle.

        Another driver, such as a search that leases oracles, takes actors this way.
        """
        self._look_around()
        self._grow(len(self._busy()) + 1)
        self._settle(timeout=0)
        for slot in self._slots:
            if slot.idle:
                slot.task = _LEASED
                return slot.actor
        return None

    def release(self, actor: Any) -> None:
        """Takes an acquired actor back."""
        for slot in self._slots:
            if slot.actor is actor and slot.task is _LEASED:
                slot.task = None

    def discard(self, actor: Any) -> None:
        """Takes an acquired actor back that is dead or in doubt: it is killed, and replaced."""
        self._slots = [slot for slot in self._slots if slot.actor is not actor]
        ray.kill(actor)

    @property
    def capacity(self) -> int:
        """How many actors there may be: those asked for, or as many as fit."""
        fit = room_for(self.limits.cpus, self.limits.gpus)
        return fit if self.limits.actors is None else self.limits.actors

    @property
    def size(self) -> int:
        """Actors that are ready."""
        return sum(slot.starting is None for slot in self._slots)

    def shutdown(self) -> None:
        """Kills all actors; what they were doing is lost to this pool."""
        for slot in self._slots:
            ray.kill(slot.actor)
        self._slots.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    def _wind_up(self, end: float) -> Iterator[Outcome]:
        """Outcomes of actors that come to an end in time."""
        self.listener.on_event("stopping as soon as all is saved; interrupt again to stop at once")
        for slot in self._busy():
            method = getattr(slot.actor, "stop", None)
            if method is not None:
                method.remote()
        while self._busy() and time.monotonic() < end:
            yield from self._collect()

    def _busy(self) -> list[_Slot]:
        return [slot for slot in self._slots if slot.task is not None]

    def _pull(self, source: TaskSource) -> None:
        """Keeps a task at hand for every actor there could be."""
        while len(self._waiting) < max(1, self._capacity):
            task = source.next_task()
            if task is None:
                return
            self._waiting.append(task)

    def _look_around(self) -> None:
        """Once a tick: how many actors fit, and how far the running tasks are."""
        now = time.monotonic()
        if now - self._looked < TICK:
            return
        self._looked = now
        fit = room_for(self.limits.cpus, self.limits.gpus)
        if not fit and not self._no_room:
            self.listener.on_event(f"no node has room for {self.limits.actor}; waiting for one")
        self._no_room = not fit
        self._capacity = fit if self.limits.actors is None else self.limits.actors
        self._ask_progress()

    def _grow(self, wanted: int) -> None:
        """Makes new actors up to what is wanted and what fits, including late nodes."""
        if time.monotonic() < self._grow_after:
            return
        while len(self._slots) < min(wanted, self._capacity):
            actor = self.factory()
            # Asking for the node also waits for the constructor: the actor's first answer.
            self._slots.append(_Slot(actor, actor.__ray_call__.remote(_node_of_actor)))

    def _retire(self, wanted: int) -> None:
        """Lets go of actors that will get no work: somebody may be paying for their nodes."""
        surplus = [slot for slot in self._slots if slot.task is None]
        surplus.sort(key=lambda slot: slot.starting is None)  # those that aren't ready go first
        for slot in surplus[: max(0, len(self._slots) - wanted)]:
            ray.kill(slot.actor)
            self._slots.remove(slot)

    def _assign(self) -> None:
        for slot in self._slots:
            if slot.idle and self._waiting:
                task = self._waiting.popleft()
                slot.task, slot.result = task, task.start(slot.actor)
                self.listener.on_start(task)

    def _collect(self) -> Iterator[Outcome]:
        """Waits for something to happen and handles it."""
        for slot in self._settle(TICK):
            outcome = self._finish(slot)
            if outcome is not None:
                yield outcome

    def _settle(self, timeout: float) -> list[_Slot]:
        """Handles actors that became ready; returns slots whose task came to an end."""
        by_reference = {slot.awaited: slot for slot in self._slots if slot.awaited is not None}
        if not by_reference:
            time.sleep(min(timeout, 0.05))
            return []
        happened, _ = ray.wait(
            list(by_reference), num_returns=1, timeout=timeout, fetch_local=False
        )
        if happened:  # whatever else is there already is taken along
            happened, _ = ray.wait(
                list(by_reference), num_returns=len(by_reference), timeout=0, fetch_local=False
            )
        slots = [by_reference[reference] for reference in happened]
        for slot in slots:
            if slot.starting is not None:
                self._welcome(slot)
        return [slot for slot in slots if slot.task is not None and slot.starting is None]

    def _welcome(self, slot: _Slot) -> None:
        """An actor answered for the first time, or failed to."""
        try:
            slot.node = ray.get(slot.starting)
        except RayError as error:
            self._slots.remove(slot)
            self._note_setup_failure(error)
            return
        slot.starting = None
        self._setup_failures = 0
        self.listener.on_event(f"{self.size} of {len(self._slots)} actors ready")

    def _note_setup_failure(self, error: RayError) -> None:
        self._setup_failures += 1
        self._grow_after = time.monotonic() + min(2**self._setup_failures / 4, 30)
        self.listener.on_event(f"an actor failed to start: {_last_line(error)}")
        if self._setup_failures >= self.limits.setup_failures and not self.size:
            raise PoolError(f"no actor could be started.\n{error}")

    def _finish(self, slot: _Slot) -> Outcome | None:
        """The outcome of a slot's task; None when it goes back to the front of the queue."""
        task = slot.task
        if task is None or task is _LEASED:
            return None
        try:
            outcome = Outcome(task, ray.get(slot.result))
        except RayTaskError as error:
            outcome = Outcome(task, error=str(error))
        except ActorUnavailableError:
            self._doubt(slot)
            return None
        except RayError as error:
            return self._bury(slot, task, error)
        if slot.doubted:
            self._give_up_contact(slot, task)
            return None
        slot.task = slot.result = slot.progress = None
        self._crashes.pop(task.id, None)
        return outcome

    def _doubt(self, slot: _Slot) -> None:
        """Contact is lost, and only Ray will learn why: asks for a sign of life until it knows."""
        slot.doubted = True
        time.sleep(TICK / 5)
        slot.result = slot.actor.__ray_call__.remote(_node_of_actor)

    def _give_up_contact(self, slot: _Slot, task: PoolTask) -> None:
        """The actor lives, but its answer is lost: it goes, and the task runs again."""
        ray.kill(slot.actor)
        self._slots.remove(slot)
        self._waiting.appendleft(task)
        self.listener.on_event(f"contact to an actor was lost under {task.id}; it runs again")

    def _bury(self, slot: _Slot, task: PoolTask, error: RayError) -> Outcome | None:
        """A dead actor leaves the pool; its task is tried again, unless it kills every actor."""
        self._slots.remove(slot)
        if node_lost(slot.node, error):
            self.listener.on_event(f"a node was lost under {task.id}; it will go on elsewhere")
            self._waiting.appendleft(task)
            return None
        self._crashes[task.id] += 1
        self.listener.on_event(f"an actor died under {task.id}: {_last_line(error)}")
        if self._crashes[task.id] < self.limits.crashes:
            self._waiting.appendleft(task)
            return None
        return Outcome(task, error=f"its actor died {self._crashes[task.id]} times:\n{error}")

    def _ask_progress(self) -> None:
        """Asks busy actors how far they are, and passes on what they answered."""
        for slot in self._busy():
            if slot.task is None or slot.task is _LEASED:
                continue
            if slot.progress is not None:
                ready, _ = ray.wait([slot.progress], timeout=0)
                if not ready:
                    continue
                self._tell_progress(slot.task, slot.progress)
            method = getattr(slot.actor, "progress", None)
            slot.progress = None if method is None else method.remote()

    def _tell_progress(self, task: PoolTask, reference: Any) -> None:
        try:
            value = ray.get(reference)
        except RayError:
            return  # the actor's end is handled where its result is awaited
        self.listener.on_progress(task, value)


_LEASED = PoolTask("leased", lambda _: None)


def _node_of_actor(_: Any) -> str:
    node: str = ray.get_runtime_context().get_node_id()
    return node


def _last_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__
