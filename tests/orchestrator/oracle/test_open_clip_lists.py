"""What is read of open_clip's files is what open_clip says itself."""

from __future__ import annotations

from pathlib import Path

import open_clip
import pytest
from open_clip import pretrained

from orchestrator.oracle import open_clip_lists
from orchestrator.oracle.open_clip_lists import config_of, models, tags_of, weights_of

FOLDER = Path(open_clip.__file__).parent


@pytest.fixture(params=[True, False])
def imported(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether open_clip is taken as imported."""
    monkeypatch.setattr(open_clip_lists, "_is_imported", lambda: request.param)
    return bool(request.param)


@pytest.mark.usefixtures("imported")
def test_models_and_their_configurations_are_open_clips() -> None:
    assert set(models()) >= {path.stem for path in (FOLDER / "model_configs").glob("ViT-B-*.json")}
    for name in models():
        assert config_of(name) == open_clip.get_model_config(name)
    config_of("RN50")["vision_cfg"]["layers"] = 1
    assert config_of("RN50") == open_clip.get_model_config("RN50")


def test_a_model_is_found_in_its_file_or_where_it_was_added(imported: bool) -> None:
    own = {path.stem for path in (FOLDER / "model_configs").glob("*.json")}
    assert set(models()) == (set(open_clip.list_models()) if imported else own)


@pytest.mark.usefixtures("imported")
def test_published_weights_are_open_clips() -> None:
    for model, tag in pretrained.list_pretrained():
        said = pretrained.get_pretrained_cfg(model, tag)
        assert weights_of(model, tag.upper()) == said
        assert tag in tags_of(model)
    assert tags_of("ViT-B-16") == pretrained.list_pretrained_tags_by_model("ViT-B-16")
    assert (tags_of("none"), weights_of("none", "openai")) == ([], {})


def test_the_list_that_is_read_is_whole() -> None:
    read = open_clip_lists._read_weights(FOLDER)
    assert [(model, tag) for model in read for tag in read[model]] == pretrained.list_pretrained()


def test_where_the_list_is_laid_out_otherwise_open_clip_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "constants.py").touch()
    (tmp_path / "pretrained.py").write_text("from .tables import all_of_it\nall_of_it()")
    monkeypatch.setattr(open_clip_lists, "_folder", lambda: tmp_path)
    monkeypatch.setattr(open_clip_lists, "_is_imported", lambda: False)
    assert tags_of("ViT-B-16") == pretrained.list_pretrained_tags_by_model("ViT-B-16")
