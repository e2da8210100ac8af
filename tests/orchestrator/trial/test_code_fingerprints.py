"""What a trace says of the code that it was made with."""

from __future__ import annotations

from pathlib import Path

from methods.registry import method_class
from orchestrator.plan.recall.blanks import Blanks
from orchestrator.precision import ROUNDING
from orchestrator.spec.load import load_spec
from orchestrator.trial.code_fingerprints import fingerprints


def test_an_encoder_is_known_by_its_file_while_that_is_here(tmp_path: Path) -> None:
    file = tmp_path / "mae.pth"
    file.write_bytes(b"weights")
    methods = f"methods=[{{name: blackvip, encoder: {file}}}]"
    spec = load_spec("demo", (methods, "precision=bf16"))
    (draft, *_) = Blanks(spec, blind=False).on("pocket_dots", "")
    known = fingerprints(draft.cell)
    assert known.pop("encoder").startswith("sha256:")
    version = method_class("blackvip").version
    assert known == {"method_version": version, "rounding": ROUNDING}
    file.unlink()
    assert fingerprints(draft.cell) == known
