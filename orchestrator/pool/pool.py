"""Schedules tasks over supervised Ray actors.

Knows no cells and no models. As long as a source has tasks, it asks for actors, gives work to those
that are idle, and puts the task of an actor that died back in front.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import ray
from ray.exceptions import ActorUnavailableError, RayError, RaySystemError, RayTaskError

from orchestrator.pool.deaths import how_it_died
from orchestrator.pool.slots import TICK, ActorSlots, PoolLimits, Slot


@dataclass(frozen=True)
class PoolTask:
    """A piece of work.

    Attributes:
        id: tells it from all others.
        start: starts it on an actor and returns the reference of its result.
        title: what people are told; the id by default.
    """

    id: str
    start: Callable[[Any], Any]
    title: str = ""

    def __str__(self) -> str:
        return self.title or self.id


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


@dataclass(eq=False)
class _Running:
    """A task on an actor."""

    task: PoolTask
    slot: Slot
    result: Any
    progress: Any = None
    doubted: bool = False  # contact was lost; `result` is a sign of life, not the task's


@dataclass
class ActorPool:
    """Runs tasks on actors; a context manager that kills the actors at the end.

    Attributes:
        factory: makes a new actor. The actor must not be restarted by Ray (`max_restarts=0`), and
            needs `max_concurrency=2` to answer `progress()` while it works.
        limits: resources and patience.
        on_start: told that a task was given to an actor.
        on_progress: told what an actor's `progress()` says while it runs a task.
        on_event: told about actors what a person may want to know.
        slots: the actors' life.
    """

    factory: Callable[[], Any]
    limits: PoolLimits = field(default_factory=PoolLimits)
    on_start: Callable[[PoolTask], None] = lambda _: None
    on_progress: Callable[[PoolTask, Any], None] = lambda _task, _value: None
    on_event: Callable[[str], None] = lambda _: None
    slots: ActorSlots = field(init=False)
    _waiting: deque[PoolTask] = field(default_factory=deque)
    _running: list[_Running] = field(default_factory=list)
    _crashes: Counter[str] = field(default_factory=Counter)
    _stop_by: float | None = None

    def __post_init__(self) -> None:
        self.slots = ActorSlots(self.factory, self.limits, self.on_event)

    def run(self, source: TaskSource) -> Iterator[Outcome]:
        """Runs all tasks of a source; yields outcomes as they come, until the end or `stop`.

        Raises:
            PoolError: actors fail to start again and again, and none is left.
        """
        while not (source.exhausted() and not self._waiting and not self._running):
            if self._stop_by is not None:
                yield from self._wind_up(self._stop_by)
                return
            if self.slots.look_around():
                self._ask_progress()
            self._pull(source)
            self.slots.grow(self._wanted)
            self._assign()
            if source.exhausted():
                self.slots.retire(self._wanted)
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.slots.shutdown()

    @property
    def _wanted(self) -> int:
        return len(self._waiting) + self.slots.taken

    def _wind_up(self, end: float) -> Iterator[Outcome]:
        """Outcomes of actors that come to an end in time."""
        self.on_event("stopping as soon as all is saved; interrupt again to stop at once")
        for running in self._running:
            method = getattr(running.slot.actor, "stop", None)
            if method is not None:
                method.remote()
        while self._running and time.monotonic() < end:
            yield from self._collect()

    def _pull(self, source: TaskSource) -> None:
        """Keeps a task at hand for every actor there could be."""
        while len(self._waiting) < max(1, self.slots.capacity):
            task = source.next_task()
            if task is None:
                return
            self._waiting.append(task)

    def _assign(self) -> None:
        while self._waiting and (slot := self.slots.take()) is not None:
            task = self._waiting.popleft()
            self._running.append(_Running(task, slot, task.start(slot.actor)))
            self.on_start(task)

    def _collect(self) -> Iterator[Outcome]:
        """Waits for something to happen and handles it."""
        by_result = {running.result: running for running in self._running}
        for reference in self.slots.wait(by_result, TICK):
            if (outcome := self._finish(by_result[reference])) is not None:
                yield outcome

    def _finish(self, running: _Running) -> Outcome | None:
        """The outcome of a task; None when it goes on, or back to the front of the queue."""
        task = running.task
        try:
            outcome = Outcome(task, ray.get(running.result))
        except RayTaskError as error:
            outcome = Outcome(task, error=str(error))
        except ActorUnavailableError:
            self._doubt(running)
            return None
        except RaySystemError as error:  # such as an error that can't be read here
            self._running.remove(running)
            self.slots.discard(running.slot)
            return Outcome(task, error=str(error))
        except RayError as error:
            self._running.remove(running)
            return self._bury(running, error)
        self._running.remove(running)
        if running.doubted:
            self._give_up_contact(running)
            return None
        self.slots.release(running.slot)
        self._crashes.pop(task.id, None)
        return outcome

    def _doubt(self, running: _Running) -> None:
        """Contact is lost, and only Ray will learn why: asks for a sign of life until it knows."""
        running.doubted = True
        time.sleep(TICK / 5)
        running.result = running.slot.sign_of_life()

    def _give_up_contact(self, running: _Running) -> None:
        """The actor lives, but its answer is lost: it goes, and the task runs again."""
        self.slots.discard(running.slot)
        self._waiting.appendleft(running.task)
        self.on_event(f"contact with an actor was lost; {running.task} runs again")

    def _bury(self, running: _Running, error: RayError) -> Outcome | None:
        """A dead actor leaves the pool; its task is tried again, unless it kills every actor."""
        task = running.task
        if self.slots.bury(running.slot, error):
            self.on_event(f"a node was lost; {task} will go on elsewhere")
            self._waiting.appendleft(task)
            return None
        self._crashes[task.id] += 1
        how = how_it_died(error)
        self.on_event(f"an actor died while it ran {task}: {how}")
        if self._crashes[task.id] < self.limits.crashes:
            self._waiting.appendleft(task)
            return None
        return Outcome(task, error=f"{error}\nits actor died {self._crashes[task.id]} times: {how}")

    def _ask_progress(self) -> None:
        """Asks busy actors how far they are, and passes on what they answered before."""
        for running in self._running:
            if running.progress is not None:
                ready, _ = ray.wait([running.progress], timeout=0)
                if not ready:
                    continue
                with suppress(RayError):  # the actor's end is handled where its result is awaited
                    self.on_progress(running.task, ray.get(running.progress))
            method = getattr(running.slot.actor, "progress", None)
            running.progress = None if method is None else method.remote()
