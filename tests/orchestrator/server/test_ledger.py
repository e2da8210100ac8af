"""Charges: once for each request of a client, durable, and summed by client and label."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.oracle.remote.request import Charge
from orchestrator.server.ledger import MEMORY, Entry, IdReused, LedgerDown, ServiceLedger

ONE = Charge(1, 2, 64, 30)
PRICED = Charge(1, 1, 32, 10, 0.25)


def entry(id_: str = "id", client: str = "alice", body: str = "b", label: str = "cell") -> Entry:
    return Entry(client, id_, body, label)


def test_a_request_is_charged_once_and_found_again(tmp_path: Path) -> None:
    ledger = ServiceLedger.open(str(tmp_path / "serve.db"))
    assert ledger.find(entry()) is None
    assert ledger.charge(entry(), ONE)
    assert not ledger.charge(entry(), PRICED)
    assert ledger.find(entry()) == ONE
    assert ledger.usage("alice") == ONE


def test_it_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    place = str(tmp_path / "serve.db")
    first = ServiceLedger.open(place)
    first.charge(entry(), PRICED)
    first.close()
    assert ServiceLedger.open(place).find(entry()) == PRICED


CRASH = """
import os, sys
from orchestrator.oracle.remote.request import Charge
from orchestrator.server.ledger import Entry, ServiceLedger
ledger = ServiceLedger.open(sys.argv[1])
for number in range(5):
    ledger.charge(Entry("alice", str(number), "b", ""), Charge(1, 1, 1, 1))
os.kill(os.getpid(), 9)
"""


def test_what_was_charged_survives_a_kill(tmp_path: Path) -> None:
    place = str(tmp_path / "serve.db")
    done = subprocess.run([sys.executable, "-c", CRASH, place], check=False)
    assert done.returncode == -9
    assert ServiceLedger.open(place).usage("alice") == Charge(5, 5, 5, 5)


def test_ids_belong_to_their_client(tmp_path: Path) -> None:
    ledger = ServiceLedger.open(MEMORY)
    ledger.charge(entry(), ONE)
    assert ledger.find(entry(client="bob", body="other")) is None
    with pytest.raises(IdReused):
        ledger.find(entry(body="other"))


def test_sums_are_by_client_and_label() -> None:
    ledger = ServiceLedger.open(MEMORY)
    ledger.charge(entry("1"), ONE)
    ledger.charge(entry("2"), PRICED)
    ledger.charge(entry("3", label="other"), ONE)
    ledger.charge(entry("4", client="bob"), ONE)
    assert ledger.usage("alice") == ONE + PRICED + ONE
    assert ledger.usage("alice", "cell") == ONE + PRICED
    assert ledger.usage("alice", "none") == ledger.usage("carol") == Charge()
    found = {(one.client, one.label): one.charge for one in ledger.sums()}
    assert found == {
        ("alice", "cell"): ONE + PRICED,
        ("alice", "other"): ONE,
        ("bob", "cell"): ONE,
    }
    assert all(one.first <= one.last for one in ledger.sums())


def test_threads_and_processes_charge_a_request_once(tmp_path: Path) -> None:
    place = str(tmp_path / "serve.db")
    ledgers = [ServiceLedger.open(place) for _ in range(2)]
    charged = []

    def charge(ledger: ServiceLedger) -> None:
        charged.extend(ledger.charge(entry(str(number)), ONE) for number in range(20))

    threads = [threading.Thread(target=charge, args=(ledger,)) for ledger in ledgers * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(charged) == 20
    assert ledgers[0].usage("alice").requests == 20


def test_another_kind_of_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "mlflow.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE runs (id)")
    connection.commit()
    connection.close()
    text = tmp_path / "notes.db"
    text.write_text("some notes, which are longer than a header of a database" * 100)
    before = other.read_bytes(), text.read_bytes()
    with pytest.raises(UserError, match="is no ledger"):
        ServiceLedger.open(str(other))
    with pytest.raises(UserError, match="can't be opened"):
        ServiceLedger.open(str(text))
    assert (other.read_bytes(), text.read_bytes()) == before


def test_places_where_no_ledger_can_be_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        ServiceLedger.open(str(tmp_path))
    with pytest.raises(UserError, match="its folder isn't there"):
        ServiceLedger.open(str(tmp_path / "none" / "serve.db"))
    with pytest.raises(UserError, match="there is no ledger"):
        ServiceLedger.open(str(tmp_path / "serve.db"), new=False)
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_fails_says_so() -> None:
    ledger = ServiceLedger.open(MEMORY)
    ledger.close()
    for use in (lambda: ledger.find(entry()), lambda: ledger.charge(entry(), ONE)):
        with pytest.raises(LedgerDown):
            use()
