"""The pool on a real local Ray: every task exactly once, whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray

from orchestrator.pool.cluster import connected
from orchestrator.pool.pool import ActorPool, Outcome, PoolTask
from orchestrator.pool.slots import PoolError, PoolLimits

pytestmark = [pytest.mark.cluster, pytest.mark.fault]


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    with connected(cpus=2, object_store_mb=100):
        yield


class Slow:
    """An actor that takes a while to start and notes each start in a folder."""

    def __init__(self, folder: str, setup: float = 0.5) -> None:
        time.sleep(setup)
        (Path(folder) / f"started-{os.getpid()}").touch()
        self._queries = 0

    def progress(self) -> int:
        return self._queries

    def square(self, number: int) -> int:
        return number * number

    def work(self, until: str) -> int:
        """Works until a file is there."""
        while not Path(until).exists():
            time.sleep(0.02)
            self._queries += 1
        return os.getpid()

    def meet(self, folder: str, number: int) -> int:
        """Waits until two actors are at this at once."""
        (Path(folder) / f"met-{number}").touch()
        while len(list(Path(folder).glob("met-*"))) < 2:
            time.sleep(0.02)
        return os.getpid()

    def fail(self) -> None:
        raise ValueError("this task is broken")

    def die_once(self, mark: str) -> str:
        if not Path(mark).exists():
            Path(mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "survived"

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Broken:
    def __init__(self) -> None:
        raise RuntimeError("no such weights: model.bin")


def factory(folder: Path, setup: float = 0.5) -> Any:
    remote: Any = ray.remote(Slow)
    return lambda: remote.options(num_cpus=1, max_restarts=0, max_concurrency=2).remote(
        str(folder), setup
    )


class ListSource:
    """A fixed list of tasks."""

    def __init__(self, tasks: list[PoolTask]) -> None:
        self._tasks = list(tasks)

    def next_task(self) -> PoolTask | None:
        return self._tasks.pop(0) if self._tasks else None

    def exhausted(self) -> bool:
        return not self._tasks


def squares(count: int) -> list[PoolTask]:
    return [
        PoolTask(f"t{number}", lambda actor, n=number: actor.square.remote(n))
        for number in range(count)
    ]


def run(pool: ActorPool, tasks: list[PoolTask]) -> list[Outcome]:
    return list(pool.run(ListSource(tasks)))


def test_every_task_runs_once_on_few_long_lived_actors(cluster: None, tmp_path: Path) -> None:
    with ActorPool(factory(tmp_path)) as pool:
        outcomes = run(pool, squares(60))
    assert Counter(o.task.id for o in outcomes) == Counter({f"t{n}": 1 for n in range(60)})
    assert {o.task.id: o.value for o in outcomes}["t7"] == 49
    assert len(list(tmp_path.glob("started-*"))) <= 2


def test_no_more_actors_are_made_than_there_are_tasks(cluster: None, tmp_path: Path) -> None:
    with ActorPool(factory(tmp_path)) as pool:
        run(pool, squares(1))
    assert len(list(tmp_path.glob("started-*"))) == 1


def test_the_number_of_actors_can_be_limited(cluster: None, tmp_path: Path) -> None:
    with ActorPool(factory(tmp_path, 0.1), PoolLimits(actors=1)) as pool:
        assert len(run(pool, squares(10))) == 10
    assert len(list(tmp_path.glob("started-*"))) == 1


def test_a_killed_actor_is_replaced_and_its_task_runs_again(cluster: None, tmp_path: Path) -> None:
    mark = str(tmp_path / "mark")
    deadly = PoolTask("deadly", lambda actor: actor.die_once.remote(mark))
    events: list[str] = []
    pool = ActorPool(factory(tmp_path, 1.0), on_event=events.append)
    with pool:
        outcomes = run(pool, [deadly, *squares(20)])
        pids = {o.value for o in run(pool, [_meet(n, tmp_path) for n in range(2)])}
    assert Counter(o.task.id for o in outcomes).most_common(1)[0][1] == 1
    assert len(outcomes) == 21
    assert {o.task.id: o.value for o in outcomes}["deadly"] == "survived"
    assert any("died while it ran deadly" in event for event in events)
    assert len(pids) == 2, "the pool is back at its full size"


def _meet(number: int, folder: Path) -> PoolTask:
    return PoolTask(f"m{number}", lambda actor: actor.meet.remote(str(folder), number))


def _work(number: int, until: Path) -> PoolTask:
    return PoolTask(f"w{number}", lambda actor: actor.work.remote(str(until)))


def test_a_task_that_raises_is_reported_and_the_actor_lives_on(
    cluster: None, tmp_path: Path
) -> None:
    broken = PoolTask("broken", lambda actor: actor.fail.remote())
    with ActorPool(factory(tmp_path, 0.1), PoolLimits(actors=1)) as pool:
        outcomes = {o.task.id: o for o in run(pool, [broken, *squares(5)])}
    assert "ValueError: this task is broken" in outcomes["broken"].error
    assert len(outcomes) == 6
    assert len(list(tmp_path.glob("started-*"))) == 1


def test_a_task_that_kills_every_actor_fails_and_the_rest_goes_on(
    cluster: None, tmp_path: Path
) -> None:
    deadly = PoolTask("deadly", lambda actor: actor.die.remote())
    with ActorPool(factory(tmp_path, 0.1), PoolLimits(crashes=2)) as pool:
        outcomes = {o.task.id: o for o in run(pool, [deadly, *squares(10)])}
    assert "its actor died 2 times" in outcomes["deadly"].error
    assert len(outcomes) == 11


def test_actors_that_never_start_end_the_run_with_their_own_words(cluster: None) -> None:
    remote: Any = ray.remote(Broken)
    pool = ActorPool(lambda: remote.options(num_cpus=1).remote(), PoolLimits(setup_failures=2))
    with pool, pytest.raises(PoolError, match=r"no such weights: model\.bin"):
        run(pool, squares(3))


def test_tasks_may_become_ready_while_others_run(cluster: None, tmp_path: Path) -> None:
    class Staged(ListSource):
        """The second stage is ready when the first has ended."""

        ended = 0

        def next_task(self) -> PoolTask | None:
            if len(self._tasks) <= 4 and self.ended < 4:
                return None
            return super().next_task()

    source = Staged(squares(8))
    with ActorPool(factory(tmp_path, 0.1)) as pool:
        order = []
        for outcome in pool.run(source):
            source.ended += 1
            order.append(outcome.task.id)
    assert set(order[:4]) == {"t0", "t1", "t2", "t3"}
    assert len(order) == 8


def test_progress_is_passed_on_while_a_task_runs(cluster: None, tmp_path: Path) -> None:
    seen: list[tuple[str, int]] = []
    enough = tmp_path / "enough"

    def note(task: PoolTask, value: int) -> None:
        seen.append((task.id, value))
        if value > seen[0][1]:
            enough.touch()

    pool = ActorPool(factory(tmp_path, 0.1), PoolLimits(actors=1), on_progress=note)
    with pool:
        run(pool, [_work(0, enough)])
    assert {name for name, _ in seen} == {"w0"}
    values = [value for _, value in seen]
    assert values == sorted(values)
    assert enough.exists(), "progress is told while the task runs, and grows"


def test_actors_that_will_get_no_work_are_let_go(cluster: None, tmp_path: Path) -> None:
    sizes: dict[str, int] = {}
    enough = tmp_path / "enough"
    with ActorPool(factory(tmp_path, 0.1)) as pool:
        for outcome in pool.run(ListSource([_work(0, enough), *squares(4)])):
            sizes[outcome.task.id] = pool.slots.ready
            if len(sizes) == 4:
                enough.touch()
    assert sizes["t0"] == 2
    assert sizes["w0"] == 1


class Told(Exception):
    """Ends a run as soon as the person has been told something."""


def test_a_person_is_told_when_no_node_has_room(cluster: None, tmp_path: Path) -> None:
    def tell(event: str) -> None:
        raise Told(event)

    pool = ActorPool(factory(tmp_path), PoolLimits(gpus=0.5), on_event=tell)
    with pool, pytest.raises(Told, match=r"no node has room for an actor of 1 CPU and 0\.5 GPU"):
        run(pool, squares(1))


def test_an_acquired_actor_is_left_alone_until_released(cluster: None, tmp_path: Path) -> None:
    with ActorPool(factory(tmp_path, 0.1), PoolLimits(actors=1)) as pool:
        run(pool, squares(1))
        slot = pool.slots.acquire()
        assert slot is not None
        assert ray.get(slot.actor.square.remote(3)) == 9
        assert pool.slots.acquire() is None
        pool.slots.release(slot)
        assert [o.value for o in run(pool, squares(2))] == [0, 1]


def test_a_cluster_started_here_refuses_whoever_has_no_token(cluster: None, tmp_path: Path) -> None:
    address = ray.get_runtime_context().gcs_address
    stranger = {k: v for k, v in os.environ.items() if not k.startswith("RAY_AUTH")}
    stranger |= {"HOME": str(tmp_path), "RAY_AUTH_MODE": "disabled"}
    assert _asks_the_cluster(address, dict(os.environ)).stdout == "inside\n"
    attempt = _asks_the_cluster(address, stranger)
    assert attempt.returncode != 0
    assert "inside" not in attempt.stdout
    assert "InvalidAuthToken" in attempt.stderr


def _asks_the_cluster(address: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Asks what `ray.init` asks first, which would try for 20 seconds when it is refused."""
    script = f"""
from ray._raylet import GcsClient
GcsClient(address={address!r}).get_all_job_info()
print("inside")
"""
    return subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False
    )
