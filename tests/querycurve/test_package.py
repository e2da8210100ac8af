"""What `import querycurve` offers."""

from __future__ import annotations

from pathlib import Path

import pytest

import querycurve as qc


def test_all_that_is_offered_can_be_had() -> None:
    for name in qc.__all__:
        assert callable(getattr(qc, name)), name
    assert set(qc.__all__) == set(qc._WHERE)
    assert set(qc.__all__) <= set(dir(qc))


def test_no_module_takes_the_place_of_what_is_offered() -> None:
    """Python sets an imported module as an attribute of its package."""
    modules = {path.stem for path in Path(qc.__file__).parent.glob("*.py")}
    assert modules & set(qc.__all__) == set()


def test_what_is_not_offered_is_missing_as_anywhere() -> None:
    with pytest.raises(AttributeError, match="'querycurve' has no attribute 'lode'"):
        _ = qc.lode  # type: ignore[attr-defined]
