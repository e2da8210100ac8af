"""What the command line does before any verb works."""

from __future__ import annotations

import pytest

from orchestrator.cli import main as cli
from orchestrator.cli import run
from orchestrator.errors import UserError
from tests.orchestrator.cli.verbs import querycurve


def test_without_arguments_the_default_spec_is_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def opened(spec: str, *_: object) -> None:
        raise UserError(f"opened {spec}")

    monkeypatch.setattr(run, "open_work_to_run", opened)
    with pytest.raises(SystemExit, match="2"):
        cli.main([])
    printed = capsys.readouterr()
    assert "running the spec 'demo'" in printed.out
    assert "opened demo" in printed.err


@pytest.mark.parametrize("verbs", [[], ["datasets"]])
def test_the_help_tells_each_verb_in_a_whole_sentence(verbs: list[str]) -> None:
    verbs_and_more = querycurve(*verbs, "--help").out.partition("Commands:\n")[2]
    told = verbs_and_more.partition("\n\n")[0].splitlines()
    assert len(told) >= 4
    assert all(line.endswith(".") and not line.endswith("...") for line in told)
