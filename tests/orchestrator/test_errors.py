"""What users are told of an error, in whatever process it was raised."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.datasets.interface import DatasetError, ImageUnreadable
from benchmarks.datasets.registry import UnknownDataset
from benchmarks.protocols import UnknownProtocol
from methods.registry import UnknownMethod
from orchestrator.errors import last_line
from orchestrator.oracle.ledger import BudgetExhausted
from orchestrator.oracle.remote.http.exchange import Unanswered
from orchestrator.oracle.remote.service import ImagesUnknown
from orchestrator.plan.misfit import Misfit
from orchestrator.reading.validation import Clash, Refused
from orchestrator.server.refusals import Refusal

ROOT = Path(__file__).parents[2]
MADE_OF_PARTS = (
    DatasetError("of a text"),
    ImageUnreadable("birds", "a.png", "it is empty"),
    UnknownDataset("brids"),
    UnknownProtocol("few"),
    UnknownMethod("zap"),
    BudgetExhausted(10, 95, 100),
    Refused("rank: too small", "budget: too large"),
    Clash("rank is larger than size"),
    ImagesUnknown(("0" * 64, "1" * 64)),
    Unanswered("it is busy", 2.5, quota=True),
    Refusal(429, "too_many_requests", "wait", {"seconds": 2.5}, 2.5),
    Misfit("method 'zip' on pocket_dots: too long", "too long"),
)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("Traceback ...\n  in step\nValueError: not finite\n\n", "ValueError: not finite"),
        ("  one line  ", "one line"),
        ("\n \n", "unknown error"),
        (ValueError("first\nlast"), "last"),
        (ValueError(), "ValueError"),
        ("Traceback ...\nbenchmarks.datasets.interface.DatasetError: no images", "no images"),
    ],
)
def test_the_last_line_is_told_or_else_the_kind_of_error(error: Exception | str, told: str) -> None:
    assert last_line(error) == told


@pytest.mark.parametrize("error", MADE_OF_PARTS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_in_another_process(error: Exception) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert (type(arrived), str(arrived)) == (type(error), str(error))


def test_all_errors_that_are_made_of_parts_are_tried() -> None:
    """Those that are made of their message alone arrive by themselves."""
    assert set(_with_constructor()) <= {type(error).__name__ for error in MADE_OF_PARTS}


def _with_constructor() -> Iterator[str]:
    """Names of our exceptions that have a constructor of their own."""
    files = (
        path
        for room in ("benchmarks", "methods", "orchestrator")
        for path in (ROOT / room).rglob("*.py")
    )
    classes = [
        node
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    bases = {cls.name: {ast.unparse(base) for base in cls.bases} for cls in classes}
    known = {"Exception", "ValueError", "KeyError", "RuntimeError", "OSError"}
    while more := {name for name, of in bases.items() if of & known} - known:
        known |= more
    for cls in classes:
        own = {node.name for node in cls.body if isinstance(node, ast.FunctionDef)}
        if cls.name in known and "__init__" in own:
            yield cls.name
