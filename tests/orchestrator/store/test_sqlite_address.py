"""A URL opens the file that it was made of, whatever the file's folder is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from orchestrator.store.sqlite_address import sqlite_file, sqlite_url

NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=("Cs", "Cc")), min_size=1
)


@given(st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3))
def test_sqlalchemy_opens_the_file_and_so_do_we(names: list[str]) -> None:
    file = Path("/", *names)
    url = sqlite_url(file)
    assert make_url(url).database == str(file)
    assert not make_url(url).query
    assert sqlite_file(url) == file


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///here.db", Path("here.db").absolute()),
        ("sqlite:////abs/there.db?timeout=3", Path("/abs/there.db")),
        ("sqlite:///~/mine.db", Path.home() / "mine.db"),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
        ("http://host:5000", None),
    ],
)
def test_what_a_user_may_write_is_understood(url: str, file: Path | None) -> None:
    assert sqlite_file(url) == file
