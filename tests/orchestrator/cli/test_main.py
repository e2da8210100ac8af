"""What the command line does before any verb works."""

from __future__ import annotations

import pytest

from orchestrator.cli import main as cli
from orchestrator.errors import UserError


def test_without_arguments_the_default_spec_is_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def opened(spec: str, *_: object) -> None:
        raise UserError(f"opened {spec}")

    monkeypatch.setattr(cli, "open_work_to_run", opened)
    with pytest.raises(SystemExit, match="2"):
        cli.main([])
    printed = capsys.readouterr()
    assert "running the spec 'demo'" in printed.out
    assert "opened demo" in printed.err
