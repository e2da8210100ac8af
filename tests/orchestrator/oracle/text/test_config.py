"""What a text tower can't do is known from its configuration, and said with what to use instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import open_clip
import pytest

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone, ResolvedBackbone, resolve_backbone
from orchestrator.oracle.loading import fetched_tokenizer, load_tokenizer
from orchestrator.oracle.text import config as text_config
from orchestrator.oracle.text.config import check_text_tower, check_tokenizer, context_refusal
from orchestrator.oracle.text.lengths import TextLengths
from orchestrator.oracle.text.token_count import clip_vocabulary, vocabulary_size
from tests.conformance.stand_in_tokenizer import stand_ins
from tests.conformance.tiny_clip import write_tiny_clip


def untrained(model: str) -> ResolvedBackbone:
    return resolve_backbone(Backbone(model=model, pretrained="random"))


@pytest.mark.parametrize("name", open_clip.list_models())
def test_a_tower_of_hugging_face_alone_takes_no_soft_context(name: str) -> None:
    backbone = untrained(name)
    check_text_tower(backbone)
    foreign = "hf_model_name" in backbone.config["text_cfg"]
    assert bool(context_refusal(backbone)) is foreign
    if foreign:
        assert "takes no soft context" in context_refusal(backbone)
        assert "zero_shot" in context_refusal(backbone)


def tiny(folder: Path, **text: Any) -> ResolvedBackbone:
    """A tiny model whose configuration is changed afterwards, so that it needn't be possible."""
    backbone = write_tiny_clip(folder)
    config = folder / "open_clip_config.json"
    added = "".join(f'"{key}": {value}, ' for key, value in text.items())
    config.write_text(config.read_text().replace('"context_length"', f'{added}"context_length"'))
    return backbone


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"pool_type": '"none"'}, "argmax, eos, first, last, but is 'none'"),
        ({"pool_type": '"mean"'}, "but is 'mean'"),
        ({"embed_cls": "true"}, "needs `custom_text: true`"),
    ],
)
def test_a_tower_without_a_feature_of_a_text_is_refused(
    tmp_path: Path, text: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        check_text_tower(tiny(tmp_path, **text))


def test_a_tokenizer_that_needs_transformers_says_how_to_get_it() -> None:
    check_tokenizer(untrained("ViT-B-32"))
    for load in (check_tokenizer, load_tokenizer):
        with pytest.raises(UserError, match=r"pip install 'querycurve\[transformers\]'"):
            load(untrained("ViT-B-16-SigLIP"))
    assert fetched_tokenizer(untrained("ViT-B-16-SigLIP")) is None


@pytest.fixture
def transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    """`transformers` seems to be installed."""
    monkeypatch.setattr(text_config, "find_spec", lambda _: object())


def test_a_tokenizer_that_cannot_be_fetched_is_one_sentence(
    transformers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise OSError("We couldn't connect to 'https://huggingface.co'")

    monkeypatch.setattr(open_clip, "get_tokenizer", offline)
    backbone = untrained("ViT-B-16-SigLIP")
    with pytest.raises(UserError, match=r"can't load tokenizer 'timm/ViT-B-16-SigLIP'.*connect"):
        load_tokenizer(backbone)
    lengths = TextLengths(backbone)
    assert "are not counted in tokens yet" in lengths.note
    assert lengths.room(("annual crop land",)) == 64 - 3  # what the shortest name would leave
    lengths.check(("{}.",), ("word " * 100,))


def test_a_folder_without_its_tokenizer_is_refused(tmp_path: Path, transformers: None) -> None:
    backbone = tiny(tmp_path, hf_tokenizer_name='"bert-base-uncased"')
    with pytest.raises(UserError, match="lacks its tokenizer bert-base-uncased"):
        check_tokenizer(backbone)
    (tmp_path / "tokenizer.json").write_text("{}")
    check_tokenizer(backbone)


def test_a_fetched_tokenizer_counts(transformers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    siglip = stand_ins(64, None)["siglip"]
    asked: list[dict[str, Any]] = []

    def local(_: str, **options: Any) -> Any:
        asked.append(options)
        return siglip

    monkeypatch.setattr(open_clip, "get_tokenizer", local)
    lengths = TextLengths(untrained("ViT-B-16-SigLIP"))
    assert lengths.room(("cat", "annual crop land")) == 64 - 5
    assert asked == [{"local_files_only": True}]
    assert not lengths.note
    lengths.check(("{}.",), ("word " * 62,))
    with pytest.raises(UserError, match="overfills the model's context of 64"):
        lengths.check(("{}.",), ("cat", "word " * 63))


@pytest.mark.parametrize("clean", ["lower", "whitespace", "canonicalize"])
def test_names_are_counted_as_they_are_cleaned(tmp_path: Path, clean: str) -> None:
    backbone = tiny(tmp_path, tokenizer_kwargs=f'{{"clean": "{clean}"}}')
    tokenizer = open_clip.SimpleTokenizer(clean=clean)
    for name in ("Annual_Crop, Land!", "it's 7"):
        expected = 24 - 2 - len(tokenizer.encode(f"{name}."))
        assert TextLengths(backbone).room((name,)) == expected


def test_a_tokenizer_of_more_tokens_than_the_model_knows_is_refused(tmp_path: Path) -> None:
    backbone = write_tiny_clip(tmp_path, vocab_size=1000)
    with pytest.raises(UserError, match="makes 49408 different tokens, but the model knows 1000"):
        TextLengths(backbone).room(("cat",))


def test_a_damaged_tokenizer_is_named(tmp_path: Path) -> None:
    backbone = write_tiny_clip(tmp_path)
    (tmp_path / "bpe.txt.gz").write_bytes(b"no gzip")
    with pytest.raises(UserError, match=r"bpe.txt.gz is no gzipped list"):
        TextLengths(backbone).room(("cat",))


def test_the_default_vocabulary_is_found_without_open_clip() -> None:
    assert str(clip_vocabulary()) == open_clip.tokenizer.default_bpe()
    assert vocabulary_size(clip_vocabulary()) == max(open_clip.SimpleTokenizer().decoder) + 1
