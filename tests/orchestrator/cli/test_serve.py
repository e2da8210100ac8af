"""The verb `serve`: what is refused before anything is loaded, and what a ledger shows."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from orchestrator.answers import Answers
from orchestrator.cli.serve import Typed, Understood, for_a_spec, show_ledger
from orchestrator.errors import UserError
from orchestrator.oracle.remote.request import Charge
from orchestrator.server.ledger import Entry, LedgerDown, ServiceLedger
from tests.orchestrator.cli.verbs import querycurve

TYPED = Typed(
    backbone=None,
    model=None,
    precision="fp32",
    threads=1,
    answers="logits",
    host="127.0.0.1",
    port=0,
    requests_per_minute=None,
    concurrency=None,
    max_request="256MiB",
    token_from=None,
    price=None,
    ledger="serve.db",
    fail=0.0,
    fail_seed=None,
    latency="0ms",
)


def understood(**typed: object) -> Understood:
    return Understood.of(Typed(**(vars(TYPED) | typed)), {"KEYS": "alice:a-long-secret"})


def test_what_is_typed_is_understood() -> None:
    found = understood(
        backbone="{model: ViT-B-16, pretrained: openai}",
        answers="{top: 5, digits: 2}",
        max_request="64MB",
        requests_per_minute=600.0,
        concurrency=4,
        token_from="KEYS",
        price="{per_call: 0.002}",
        fail=0.05,
        latency="50ms",
    )
    assert (found.backbone.model, found.backbone.pretrained) == ("ViT-B-16", "openai")
    assert found.answers == Answers(kind="top", top=5, digits=2)
    limits = found.limits
    assert (limits.request_bytes, limits.requests_per_minute, limits.concurrency) == (
        64_000_000,
        600,
        4,
    )
    assert found.access.clients == ("alice",)
    assert (found.faults.share, found.faults.latency) == (0.05, 0.05)
    assert found.price is not None and found.price.per_call == 0.002


@pytest.mark.parametrize(
    ("backbone", "name"),
    [
        (None, "pocket"),
        ("ViT-B/16", "ViT-B-16"),
        ("local-dir:/some/place/my model/", "my-model"),
        ("local-dir:..", "model"),
        ("hf-hub:org/Model_1.5", "hf-hub-org-Model_1.5"),
    ],
)
def test_a_model_has_a_name_that_shows_no_path(backbone: str | None, name: str) -> None:
    assert understood(backbone=backbone).name == name


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"backbone": "{model: pocket, servise: x}"}, "servise: unknown field 'servise'"),
        ({"backbone": "{model: m, service: 'http://h'}"}, "loads its model itself"),
        ({"backbone": "[pocket]"}, "--backbone: expected a mapping"),
        ({"backbone": "{model: "}, "--backbone: expected YAML"),
        ({"model": "a/b"}, "--model: expected a name"),
        ({"precision": "fp23"}, "Did you mean: fp32"),
        ({"answers": "lojits"}, "Did you mean: logits"),
        ({"answers": "{kind: label, top: 5}"}, "top: 5 goes with no other kind"),
        ({"max_request": "64"}, "--max-request: expected a size"),
        ({"max_request": "1KB"}, "--max-request: expected 65,536"),
        ({"latency": "50"}, "--latency: expected a duration"),
        ({"token_from": "NOT_SET"}, "--token-from NOT_SET"),
        ({"price": "{per_cal: 1}"}, "per_cal: unknown field 'per_cal'"),
        ({"price": "5"}, "--price: expected a mapping"),
        ({"price": "{per_call: -1}"}, "--price: per_call"),
        ({"fail": float("nan")}, "--fail: expected a number, got nan"),
        ({"requests_per_minute": float("nan")}, "--requests-per-minute: expected a number"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_loaded(
    typed: dict[str, object], told: str
) -> None:
    with pytest.raises(UserError) as raised:
        understood(**typed)
    assert told in str(raised.value)


def test_addresses_that_cannot_be_served_end_with_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        said = querycurve("serve", "--port", str(other.getsockname()[1]))
    assert said.code == 2
    assert "Choose another port with --port (0 takes a free one)" in said.err
    said = querycurve("serve", "--host", "0.0.0.0", "--port", "0")
    assert said.code == 2
    assert "--token-from" in said.err
    assert list(tmp_path.iterdir()) == [], "nothing was made"


def test_a_ledger_is_shown_by_client_and_label(tmp_path: Path) -> None:
    place = tmp_path / "serve.db"
    said = querycurve("serve", "--show-ledger", "--ledger", place)
    assert (said.code, place.exists()) == (2, False)
    ledger = ServiceLedger.open(str(place))
    assert "nothing was charged" in querycurve("serve", "--show-ledger", "--ledger", place).out
    for number in range(3):
        label = "cell-a" if number else "cell-b"
        entry = Entry("alice", str(number), "b", label)
        ledger.charge(entry, Charge(1, 2, 640, 1000, 0.25))
    said = querycurve("serve", "--show-ledger", "--labels", "--ledger", place)
    assert said.code == 0
    assert said.rows["alice", "cell-a"][:5] == ["2", "4", "1,280", "2,000", "0.5"]
    assert said.rows["alice", "cell-b"][:5] == ["1", "2", "640", "1,000", "0.25"]


def test_a_ledger_of_cells_fits_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place, key = str(tmp_path / "serve.db"), "0123456789abcdef" * 4
    ledger = ServiceLedger.open(place)
    ledger.charge(Entry("alice", "1", "b", key), Charge(14, 114, 9424, 7008, 0.30416))
    for width, shown in ((80, key[:12]), (200, key)):
        console = Console(markup=False, width=width, force_terminal=False)
        monkeypatch.setattr("orchestrator.cli.service_charges.output", console)
        show_ledger(place, labels=True)
        said = capsys.readouterr().out
        assert f"alice  {shown} " in said.replace("   ", "  ")
        assert "0.30416" in said
        assert re.search(r"\d{4}-\d\d-\d\d", said), "no date is cut"
        assert all(len(line.rstrip()) <= width for line in said.splitlines())


def test_a_ledger_that_can_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "serve.db")
    ServiceLedger.open(place).close()

    def locked(_: ServiceLedger) -> None:
        raise LedgerDown("database is locked")

    monkeypatch.setattr(ServiceLedger, "sums", locked)
    with pytest.raises(UserError, match=r"serve\.db can't be read: database is locked\."):
        show_ledger(place)


def test_a_ledger_in_memory_can_not_be_shown() -> None:
    said = querycurve("serve", "--show-ledger", "--ledger", ":memory:")
    assert (said.code, "--ledger FILE" in said.err) == (2, True)


def test_keys_of_cells_are_shown_shortly_below_the_sums_of_each_client(tmp_path: Path) -> None:
    place = tmp_path / "serve.db"
    ledger = ServiceLedger.open(str(place))
    for number in range(4):
        label, client = f"{number:x}" * 64, "bob" if number == 3 else "alice"
        charge = Charge(1_000, 2_000, 640_000, 100_000, 1250.25)
        ledger.charge(Entry(client, str(number), "b", label), charge)
    said = querycurve("serve", "--show-ledger", "--ledger", place)
    assert said.rows["alice", "3"][:4] == ["labels", "3,000", "6,000", "1,920,000"]
    assert said.rows["all", "4"][:3] == ["labels", "4,000", "8,000"]
    assert "5,001" in said.rows["all", "4"]
    assert "--labels lists them" in said.out
    assert "000000" not in said.out, "no label is shown"
    said = querycurve("serve", "--show-ledger", "--labels", "--ledger", place)
    assert said.rows["alice", "0" * 12][:2] == ["1,000", "2,000"]
    assert "0" * 13 not in said.out
    rows = [line.split()[0] for line in said.out.splitlines() if ",000 " in line]
    assert rows == ["alice"] * 4 + ["bob"] * 2 + ["all"]
    assert max(map(len, said.out.splitlines())) <= 80


def test_labels_that_are_no_keys_are_shown_whole(tmp_path: Path) -> None:
    place = tmp_path / "serve.db"
    ledger = ServiceLedger.open(str(place))
    for label in ("my-label-that-is-long", ""):
        ledger.charge(Entry("alice", label, "b", label), Charge(1, 2, 3, 4))
    said = querycurve("serve", "--show-ledger", "--labels", "--ledger", place)
    assert said.rows["alice", "my-label-that-is-long"][0] == "1"
    assert said.rows["alice", "-"][0] == "1"


@pytest.mark.parametrize(
    ("typed", "further"),
    [
        ({}, {}),
        ({"token_from": "KEYS"}, {"token_from": "QUERYCURVE_SERVICE_TOKEN"}),
        ({"answers": "label"}, {}),
        ({"answers": "{top: 5, digits: 2}"}, {}),
    ],
)
def test_what_it_says_can_be_copied_into_a_spec(
    typed: dict[str, object], further: dict[str, str]
) -> None:
    wanted = understood(**typed)
    fields = yaml.safe_load(for_a_spec("http://127.0.0.1:8008", wanted, wanted.answers))
    here = {"service": "http://127.0.0.1:8008", "model": "pocket"}
    assert fields.pop("backbone") == here | further
    asked = Answers.model_validate(fields.pop("answers", "logits"))
    assert not fields
    assert asked.can_be_made_of(wanted.answers)
