"""Tokens: read from one variable, told apart, shown nowhere."""

from __future__ import annotations

import pytest

from orchestrator.errors import UserError
from orchestrator.server.access import Access, read_tokens
from orchestrator.server.refusals import Refusal

ALICE, BOB = "alices-secret-token", "bobs:secret/token="


def test_a_lone_token_belongs_to_the_one_client() -> None:
    assert read_tokens("KEY", {"KEY": f" {ALICE} "}) == {"client": ALICE}


def test_pairs_name_their_clients() -> None:
    given = {"KEYS": f"alice:{ALICE}, bob:{BOB}"}
    assert read_tokens("KEYS", given) == {"alice": ALICE, "bob": BOB}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "isn't set"),
        ("  ", "isn't set"),
        ("short", "at least 8"),
        (f"alice:{ALICE},{ALICE}2", "expected NAME:TOKEN"),
        (f"alice:{ALICE},alice:{ALICE}2", "has a token already"),
        (f"alice:{ALICE},bob:{ALICE}", "the same token"),
        (f"a/b:{ALICE}", "letters, digits"),
        (f":{ALICE}", "letters, digits"),
        ("alice:with blank in it", "without blanks"),
        (f"alice:{ALICE},", "entry 2 of 2"),
    ],
)
def test_what_holds_no_tokens_is_refused_without_showing_any(given: str | None, told: str) -> None:
    environment = {} if given is None else {"KEYS": given}
    with pytest.raises(UserError, match=told) as raised:
        read_tokens("KEYS", environment)
    assert ALICE not in str(raised.value)
    assert "blank in it" not in str(raised.value)


def test_clients_are_told_by_their_tokens() -> None:
    access = Access({"alice": ALICE, "bob": BOB})
    assert access.client(f"Bearer {ALICE}") == "alice"
    assert access.client(f"bearer  {BOB} ") == "bob"
    assert access.clients == ("alice", "bob")
    assert ALICE not in repr(vars(access))


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", ALICE, f"Basic {ALICE}", f"Bearer {ALICE}x", "Bearer \udcff"],
)
def test_nobody_else_comes_in(header: str | None) -> None:
    with pytest.raises(Refusal) as raised:
        Access({"alice": ALICE}).client(header)
    assert (raised.value.status, raised.value.code) == (401, "unauthorized")


def test_without_tokens_all_are_one_client() -> None:
    access = Access({})
    assert access.open
    assert {access.client(None), access.client("Bearer whatever")} == {"anyone"}
