"""A file that is no whole file of weights is recognised by its first bytes, and named."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from orchestrator.errors import UserError
from orchestrator.oracle.weights.file import plain_names, weights_file

TENSORS = {"a.weight": torch.zeros(3, 2), "b": torch.zeros(())}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"weights\.pt is empty\. Download or copy it again"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "pointer of Git LFS"),
        (b"<!DOCTYPE html>\n<html>", "is a web page, not weights"),
        (b"\n <html><body>", "is a web page, not weights"),
        (b"Entry not found", "holds no weights of a known format"),
        (b"PK\x03\x04 and then nothing", "is cut short: it ends after"),
        (b"\xff\0\0\0\0\0\0\0{", "is cut short"),
        (b"\x03\0\0\0\0\0\0\0{no", "damaged safetensors header"),
        (b"\x0a\0\0\0\0\0\0\0" + b'{"a": [1]}', "damaged safetensors header"),
    ],
)
def test_what_is_no_file_of_weights_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        weights_file(path)


def test_a_zip_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    with ZipFile(path, "w") as archive:
        archive.writestr("model.safetensors", b"")
    with pytest.raises(UserError, match="zip archive without weights at its top"):
        weights_file(path)


@pytest.mark.parametrize("kind", ["safetensors", "torch"])
def test_a_file_that_is_cut_short_anywhere_is_noticed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "weights"
    save = save_file if kind == "safetensors" else torch.save
    save(TENSORS, path)
    assert weights_file(path).kind == kind
    whole = path.read_bytes()
    for size in (1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError):
            weights_file(path)


def test_a_safetensors_file_with_more_at_its_end_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    save_file(TENSORS, path)
    path.write_bytes(path.read_bytes() + b"xx")
    with pytest.raises(UserError, match="goes on for 2 bytes after its contents"):
        weights_file(path)


def test_the_format_is_known_by_content_and_not_by_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    save_file(TENSORS, path)
    file = weights_file(path)
    assert file.kind == "safetensors"
    assert file.header_shapes() == {"a.weight": (3, 2), "b": ()}
    torch.save(TENSORS, path, _use_new_zipfile_serialization=False)
    assert weights_file(path).kind == "torch, old format"
    assert weights_file(path).header_shapes() is None


@given(
    names=st.sets(st.sampled_from(["visual.conv1.weight", "module.x", "ln_final.bias", "a"])),
    before=st.lists(st.sampled_from(["module.", "_orig_mod.", "model."]), max_size=3),
)
def test_what_training_code_puts_before_names_is_taken_off(
    names: set[str], before: list[str]
) -> None:
    plain = {name.removeprefix("module.") if names == {"module.x"} else name: 0 for name in names}
    assert plain_names(dict.fromkeys(("".join(before) + name for name in names), 0)) == plain
