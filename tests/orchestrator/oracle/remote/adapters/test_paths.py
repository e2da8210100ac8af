from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.oracle.remote.adapters.paths import JsonPath, NotThere

ANSWER = {
    "choices": [{"tokens": [{"t": "A", "p": 0.5}, {"t": "B", "p": 0.25}]}, {"tokens": []}],
    "odd name.with[signs]": {"x": 1},
    "nothing": None,
}
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", ANSWER),
        ("choices[0].tokens[1].t", "B"),
        ("$.choices[0].tokens[-1].p", 0.25),
        ("choices[0].tokens[*].t", ["A", "B"]),
        ("choices[*].tokens[*].t", ["A", "B"]),
        ("choices[1].tokens", []),
        ("choices[*].tokens", [[{"t": "A", "p": 0.5}, {"t": "B", "p": 0.25}], []]),
        ('["odd name.with[signs]"].x', 1),
        ("nothing", None),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: object) -> None:
    assert JsonPath.parse(path).find(ANSWER) == value


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("choices[2]", "choices is a list of 2, without an entry 2"),
        ("choices.tokens", "choices is a list, without a field 'tokens'"),
        ("nothing.x", "nothing is null, without a field 'x'"),
        ("choices[0].tokens[0].q", r"choices\[0\].tokens\[0\] is a mapping with t, p, without"),
        ("choices[*].tokens[*].q", r"choices\[0\].tokens\[0\] is a mapping with t, p"),
        ("choices[0][*]", r"choices\[0\] is a mapping with tokens, no list"),
    ],
)
def test_where_a_path_ends_too_early_is_said(path: str, told: str) -> None:
    with pytest.raises(NotThere, match=told):
        JsonPath.parse(path).find(ANSWER)


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[0].[1]", "a b", "a[0]b", "$a", "a['b']"]
)
def test_what_is_no_path_is_refused_with_the_rules(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        JsonPath.parse(path)


@given(VALUES)
def test_every_value_has_a_path_that_is_read_as_it_is_written(value: Any) -> None:
    for steps, inner in places(value, ()):
        path = JsonPath(steps)
        assert path.find(value) == inner
        if all('"' not in one and one for one in steps if isinstance(one, str)):
            assert JsonPath.parse(str(path)) == path


@given(VALUES, st.sampled_from(["a", "a[0]", "[*]", "[0][*].x", '["a b"]']))
def test_no_answer_breaks_a_path(value: Any, path: str) -> None:
    parsed = JsonPath.parse(path)
    try:
        json.dumps(parsed.find(value))
    except NotThere as error:
        assert str(error)


def places(value: Any, steps: tuple[Any, ...]) -> list[tuple[tuple[Any, ...], Any]]:
    found = [(steps, value)]
    if isinstance(value, dict):
        for name, inner in value.items():
            found += places(inner, (*steps, name))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            found += places(inner, (*steps, number))
    return found
