"""What people give in Python, as the command line has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchestrator.errors import UserError
from orchestrator.spec.load import load_spec
from querycurve.given import overrides_of, spec_source, told_plainly
from tests.querycurve.conftest import SPEC


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ((), ()),
        ("budget=500", ("budget=500",)),
        (["budget=500", "seeds=[1]"], ("budget=500", "seeds=[1]")),
        ({"budget": np.int64(500), "seeds": (1, 2)}, ("budget=500", "seeds=[1, 2]")),
        (
            {"methods.1.clip": None, "backbone": "pocket"},
            ("methods.1.clip=null", 'backbone="pocket"'),
        ),
    ],
)
def test_changes_are_texts_or_values_by_field(given: Any, meant: tuple[str, ...]) -> None:
    assert overrides_of(given) == meant


def test_changes_in_python_do_what_set_does() -> None:
    by_value = load_spec(spec_source(SPEC), overrides_of({"budget": 70, "methods.1.clip": 2}))
    by_text = load_spec(spec_source(SPEC), overrides_of(["budget=70", "methods.1.clip=2"]))
    assert by_value == by_text
    assert by_value.budget == 70


@pytest.mark.parametrize("given", [[500], {"budget": object()}])
def test_other_changes_are_refused(given: Any) -> None:
    with pytest.raises(UserError, match=r"^set: "):
        overrides_of(given)


def test_a_spec_of_python_values_is_the_same_as_one_of_plain_values() -> None:
    odd = {**SPEC, "datasets": tuple(SPEC["datasets"]), "seeds": np.array([1, 2])}
    assert load_spec(spec_source(odd)) == load_spec(SPEC)


def test_fields_are_left_as_they_are() -> None:
    before = repr(SPEC)
    load_spec(spec_source(SPEC), ["methods.1.clip=3"])
    assert repr(SPEC) == before


def test_a_path_is_a_spec(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "{name: mine, datasets: [pocket_dots], methods: [zip], backbone: pocket, budget: 60}"
    )
    assert load_spec(spec_source(file)).name == "mine"


def test_what_is_no_spec_is_refused() -> None:
    with pytest.raises(UserError, match="a dict of fields, got int"):
        spec_source(3)  # type: ignore[arg-type]


def test_wrong_fields_are_told_as_on_the_command_line() -> None:
    with pytest.raises(UserError, match="not a valid spec:\n  budget: expected a whole number"):
        load_spec({**SPEC, "budget": "many"})


def test_what_is_refused_holds_no_password_and_no_inner_traceback() -> None:
    @told_plainly
    def refuse() -> None:
        raise UserError("postgresql://me:secret@host/db can't be reached")

    with pytest.raises(UserError) as caught:
        refuse()
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_notebooks_show_the_sentence_alone() -> None:
    assert UserError("no such spec.")._render_traceback_() == ["error: no such spec."]
