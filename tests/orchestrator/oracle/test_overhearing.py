"""What open_clip says is kept from the terminal, and what matters of it is kept."""

from __future__ import annotations

import logging
import warnings

import open_clip
import pytest

from orchestrator.oracle.overhearing import overhearing

FILE = open_clip.__file__


def said(text: str, level: int = logging.WARNING, file: str = FILE) -> None:
    record = logging.LogRecord("root", level, file, 1, text, None, None)
    logging.getLogger().handle(record)


def test_what_matters_is_heard_once_and_shown_nowhere(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with overhearing() as heard:
        said("keys are missing")
        said("keys are missing")
        said("Resizing position embedding", logging.INFO)
        said("Loaded a config", logging.INFO)
        said("from timm", file="/timm/model.py")
        said("Model initialized randomly.")
        warnings.warn_explicit("QuickGELU mismatch", UserWarning, FILE, 1)
        warnings.warn_explicit("deprecated", UserWarning, "/torch/a.py", 1)
    assert heard == ["keys are missing", "Resizing position embedding", "QuickGELU mismatch"]
    assert not caplog.records
    assert capsys.readouterr() == ("", "")


def test_logging_is_as_before_afterwards() -> None:
    root = logging.getLogger()
    before = root.level, root.handlers
    with pytest.raises(ValueError, match="in between"), overhearing():
        raise ValueError("in between")
    assert (root.level, root.handlers) == before
