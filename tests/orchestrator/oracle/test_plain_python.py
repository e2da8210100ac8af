"""Data that a Python file states are read, and nothing of it is run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.oracle.plain_python import stated_in

NAMES = st.from_regex("[a-z_]{1,6}", fullmatch=True).map(lambda name: f"{name}_")
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(min_value=0) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple),
    max_leaves=8,
)


@given(PLAIN)
def test_literals_are_read_as_they_are(value: object) -> None:
    assert stated_in(f"known = {value!r}", {}) == {"known": value}


@given(st.dictionaries(NAMES, PLAIN, max_size=4), st.dictionaries(NAMES, PLAIN, max_size=4))
def test_a_call_gives_what_running_it_would(defaults: dict[str, object], more: object) -> None:
    head = ", ".join(f"{name}={value!r}" for name, value in defaults.items())
    body = "{" + "".join(f"{name!r}: {name}, " for name in defaults) + "**rest}"
    text = f"def made({head + ', ' if head else ''}**rest):\n    return {body}\nmore = {more!r}\n"
    expected = {**defaults, **more} if isinstance(more, dict) else {}
    assert stated_in(f"{text}found = made(**more)", {})["found"] == expected
    assert stated_in(f"{text}found = dict(**more)", {})["found"] == more


@pytest.mark.parametrize(
    "text",
    [
        "open('made', 'w')",
        "[x for x in ()]",
        "unknown",
        "a.b",
        "f'{1}'",
        "made()",
        "other()",
        "1 + 1",
    ],
)
def test_what_is_more_than_data_is_left_out(text: str) -> None:
    functions = "def made():\n    print(1)\n    return 1\ndef other(needed):\n    return needed\n"
    assert stated_in(f"{functions}found = {text}\nafter = 1", {}) == {"after": 1}


def test_names_may_come_from_elsewhere() -> None:
    assert stated_in("pair = (mean, 1.5)", {"mean": 0.5}) == {"pair": (0.5, 1.5)}
