"""What a model can't do for a method is refused in the plan, before anything is loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import open_clip
import pytest
import torch

from benchmarks.pocket.datasets import PocketDots
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.text.lengths import TextLengths
from tests.conformance.tiny_clip import CONFIG, publish_tiny_clips
from tests.orchestrator.plan.test_planner import plan_of

LONG = "forget me not " * 30


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["methods=[zip]"], r"zip on pocket_dots: .*takes no soft context, as its text tower is"),
        (["methods=[zero_shot]"], r"needs the package transformers.*querycurve\[transformers\]"),
    ],
)
def test_what_a_text_tower_cannot_do_is_refused_for_methods_that_need_it(
    tmp_path: Path, overrides: list[str], message: str
) -> None:
    backbone = "backbone={model: roberta-ViT-B-32, pretrained: random}"
    with pytest.raises(UserError, match=message):
        plan_of(tmp_path, backbone, "datasets=[pocket_dots]", *overrides)


def test_a_class_name_or_a_template_that_is_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = ("methods=[zero_shot]", "datasets=[pocket_dots]")
    monkeypatch.setattr(PocketDots, "class_names", lambda _: ("one dot", LONG))
    with pytest.raises(
        UserError, match=r"pocket_dots: the text 'forget me not .*overfills"
    ) as told:
        plan_of(tmp_path, *only)
    assert len(str(told.value)) < 300
    monkeypatch.undo()
    card = replace(PocketDots.card, templates=(f"{LONG} {{}}.",))
    monkeypatch.setattr(PocketDots, "card", card)
    with pytest.raises(UserError, match=r"zero_shot on pocket_dots: .*overfills"):
        plan_of(tmp_path, *only)


@pytest.mark.parametrize("length", [4, 5, 6, 7, 8, 9, 14])
def test_the_longest_of_imagenets_80_templates_must_fit(
    length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("one dot", "x " * length)
    monkeypatch.setattr(PocketDots, "class_names", lambda _: names)
    count = TextLengths(resolve_backbone(Backbone(model="pocket")))
    texts = [text for each in open_clip.OPENAI_IMAGENET_TEMPLATES for text in map(each, names)]
    try:
        count.check(texts, ("",))
    except UserError as refusal:
        with pytest.raises(UserError, match="overfills"):
            plan_of(tmp_path, "methods=[zero_shot@imagenet-80]", "datasets=[pocket_dots]")
        assert length > 4, refusal
    else:
        plan_of(tmp_path, "methods=[zero_shot@imagenet-80]", "datasets=[pocket_dots]")
        assert length < 14


def test_an_encoder_that_is_no_file_of_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mae.pth").write_text("<html>log in</html>")
    given = f"methods=[{{name: blackvip, encoder: {tmp_path}/mae.pth}}]"
    with pytest.raises(UserError, match=r"blackvip on pocket_dots: .*mae.pth is a web page"):
        plan_of(tmp_path, given, "datasets=[pocket_dots]")


def test_what_weights_do_not_say_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_tiny_clips(monkeypatch)
    torch.save(open_clip.CLIP(**CONFIG).state_dict(), tmp_path / "w.pt")
    given = f"backbone={{model: tiny, pretrained: {tmp_path}/w.pt}}"
    plan, _ = plan_of(tmp_path, given, "methods=[zero_shot]", "datasets=[pocket_dots]")
    assert [note for note in plan.notes if "GELU is assumed" in note]
    (tmp_path / "w.pt").write_bytes(b"")
    with pytest.raises(UserError, match="is empty"):
        plan_of(tmp_path, given)
