"""Two runs of one search: the second waits, is told for whom, and then goes on from the study."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import optuna
import pytest

from orchestrator.cli import search as launch
from orchestrator.cli.search import search_first
from orchestrator.search import study
from orchestrator.search.plan import PlannedSearch, searched
from orchestrator.search.sampler import distributions
from orchestrator.search.study import search_lock, study_place
from orchestrator.search.study_place import StudyPlace
from orchestrator.spec.load import load_spec
from orchestrator.store.leases import Holder, Leases, ProcessIdentity
from orchestrator.store.storage import LocalStorage, Storage
from orchestrator.store.store import Store
from tests.conformance.memory_storage import MemoryStorage

PLACE = StudyPlace("memory", "toy-12345678")
FAR_AWAY = ProcessIdentity("elsewhere", "another boot", 17, "1")


def leases(storage: Storage, run: str) -> Leases:
    return Leases(storage, Holder(run, FAR_AWAY))


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what happens while a run waits, one thing a pause."""

    def happens(*events: Callable[[], Any]) -> None:
        left = list(events)
        monkeypatch.setattr(study, "sleep", lambda _: left.pop(0)())

    return happens


def test_a_second_run_waits_until_the_first_has_ended_and_is_told_once(
    meanwhile: Callable[..., None],
) -> None:
    storage, said, entered = MemoryStorage(), list[str](), list[int]()
    with search_lock(PLACE, leases(storage, "first"), said.append):
        assert said == []
        meanwhile(lambda: None, lambda: storage.delete(f"leases/search-{PLACE.name}.json"))
        with search_lock(PLACE, leases(storage, "second"), said.append):
            entered.append(1)
    assert entered
    (line,) = said
    assert "another run (process 17 on elsewhere) is running this search; waiting" in line


def test_a_run_that_is_gone_without_a_word_is_waited_for_as_long_as_its_lease_lasts(
    meanwhile: Callable[..., None],
) -> None:
    storage, said = MemoryStorage(), list[str]()
    assert leases(storage, "dead").take(f"search-{PLACE.name}") is not None

    def a_minute_passes() -> None:
        storage.clock += 61

    meanwhile(a_minute_passes)
    with search_lock(PLACE, leases(storage, "again"), said.append):
        pass
    assert "If that run has died, this takes at most 60 seconds" in said[0]


def test_a_turn_ends_with_an_error_and_other_searches_need_not_wait() -> None:
    storage, said = MemoryStorage(), list[str]()
    with suppress(KeyError), search_lock(PLACE, leases(storage, "first"), said.append):
        with search_lock(StudyPlace("memory", "other"), leases(storage, "second"), said.append):
            pass
        raise KeyError
    with search_lock(PLACE, leases(storage, "second"), said.append):
        pass
    assert said == []


def test_who_has_waited_goes_on_from_what_the_other_run_left(
    meanwhile: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec, store = load_spec("search_clipping_pocket"), Store(LocalStorage(tmp_path))
    found = searched(spec, store, tmp_path)
    assert found is not None
    place = study_place(spec, found.section, store)
    first = leases(store.storage, "first").take(f"search-{place.name}")
    assert first is not None

    def the_other_run_ends() -> None:
        add_trial(found, place)
        first.release()

    known: list[int] = []

    def run(_plan: Any, found: PlannedSearch, *_: Any) -> Any:
        known.append(found.search.ended)
        return found.search

    meanwhile(the_other_run_ends)
    monkeypatch.setattr(launch, "_run", run)
    options: Any = None
    search_first(found.plan, found, options)
    assert known == [1]


def add_trial(found: PlannedSearch, place: StudyPlace) -> None:
    """Makes the study, with one trial that is complete."""
    study = optuna.create_study(
        study_name=place.name, storage=place.storage(), direction="maximize"
    )
    space = distributions(found.section)
    point = {name: dimension.extremes[0] for name, dimension in found.section.space.items()}
    study.add_trial(optuna.trial.create_trial(params=point, distributions=space, value=50.0))
