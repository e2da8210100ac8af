"""YAML of specs: what its words mean, and what is refused with the line."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.reading.yaml_text import NotPlainYaml, line_of, read_yaml, write_yaml

WORDS = st.text(max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | WORDS
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e3", 1000.0),
        ("1e-07", 1e-07),
        ("1_000", 1000),
        ("0x1F", 31),
        ("-.inf", -math.inf),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("'010'", "010"),
        ("off", False),
        ("~", None),
        ("", None),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_a_word_means_what_it_looks_like(word: str, value: object) -> None:
    found = read_yaml(f"field: {word}")["field"]
    assert (found, type(found)) == (value, type(value))


def test_names_of_fields_are_texts() -> None:
    assert read_yaml("on: 1\n2: b\nnull: c") == {"on": 1, "2": "b", "null": "c"}


def test_anchors_and_merge_keys_work_and_a_mapping_may_change_what_it_merges() -> None:
    text = "base: &base {rank: 5, clip: none}\nmine: {<<: *base, rank: 3}\nsame: *base\n"
    found = read_yaml(text)
    assert found["mine"] == {"rank": 3, "clip": "none"}
    assert found["same"] == found["base"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("budget: 4\nname: x\nbudget: 9", "'budget' is given twice, in lines 1 and 3"),
        ("a:\n  b:\n    - {c: 1, c: 2}", "'c' is given twice, in line 3"),
        ("1: a\n'1': b", "'1' is given twice, in lines 1 and 2"),
        ("a:\n  <<: {b: 1}\n  <<: {c: 1}", "'<<' is given twice, in lines 2 and 3"),
        ("a: &x {b: 1, b: 1}\nc: {<<: *x}", "'b' is given twice, in line 1"),
        ("seeds: [010]", "line 1: some programs read 010 as an octal number"),
        ("a: !!python/object/apply:os.system [x]", "line 1: the tag '!!python/object/apply:os"),
        ("a: !!set {x}", "line 1: the tag '!!set' has no place here"),
        ("a: !!int x", "line 1: the tag '!!int' has no place here"),
        ("a: &a [*a]", "line 1: an alias stands for what it is a part of"),
        ("a: 1\n? [b]\n: 2", "line 2: a field's name must be a word"),
        ("a: b\n\tc: d", "line 2: .*indent with blanks, not tabs"),
        ("a: 1\n---\nb: 2", r"several documents \(---\)"),
        ("a: \x00", r"character 4 is U\+0000, no text"),
        ("[" * 5000, "nested too deeply"),
        ("a: " + "9" * 5000, "line 1: a number has more than 30 digits"),
        ("a: [", "line 1: while parsing a flow node"),
        ("a: [b", r"line 1: .*\(is a bracket not closed\?\)"),
        ("a: 'b", r"line 1: .*\(is a quote not closed\?\)"),
        ("a: @b", r"line 1: .*\(put quotes around the value\)"),
        ("a b\nc: d", r"line 2: .*\(is a colon missing above"),
        ("a: b\n c: d", r"line 2: .*is it indented too far\?\)"),
        ("a: b\nc:d\ne: f", r"line 3: .*\(a field is `name: value`, with a blank after the colon"),
        ("a:\n  - b\n c", r"line 3: .*\(is it indented like the lines above\?\)"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(NotPlainYaml, match=message) as error:
        read_yaml(text)
    assert str(error.value).isprintable()


def test_a_few_lines_that_stand_for_billions_of_values_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(NotPlainYaml, match="more than 100,000 values"):
        read_yaml("\n".join(lines))


@given(VALUES)
@example({"1e3": ["1e3", "0x1", "010", "yes", "12:30", "2024-01-01", "~", "", "<<", "="]})
def test_what_is_written_is_read_again(value: Any) -> None:
    assert repr(read_yaml(write_yaml(value))) == repr(value)


@given(st.text(alphabet="ab1:{}[],&*!|>-? \n\t#'\"%@`<~.e=\x00\u2028", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_yaml(text)
    except NotPlainYaml as error:
        assert len(str(error)) < 300


DOCUMENT = """\
first: 1
second:
  inner:
    - a
    - name: b
third: {x: 1}
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ((), 1),
        (("first",), 1),
        (("second", "inner"), 3),
        (("second", "inner", "1", "name"), 5),
        (("second", "inner", "7"), 3),
        (("second", "missing"), 2),
        (("third", "x"), 6),
        (("missing",), 1),
    ],
)
def test_the_line_of_a_value_is_known(place: tuple[str, ...], line: int) -> None:
    assert line_of(DOCUMENT, place) == line
