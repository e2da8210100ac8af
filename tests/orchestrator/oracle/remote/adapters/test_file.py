from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.oracle.remote.adapters.file import (
    LARGEST,
    AdapterFile,
    read_adapter,
    ready_adapters,
)


def test_some_adapters_are_ready() -> None:
    assert ready_adapters() == ("chat_logprobs", "clip_as_service")
    assert read_adapter("chat_logprobs").name == "chat_logprobs.yaml"


def test_a_file_is_read_with_its_name_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("x = 1\n")
    file = read_adapter(str(path))
    assert (file.name, file.text, file.python) == ("mine.py", "x = 1\n", True)


def test_variables_of_the_environment_are_known_without_running_a_file() -> None:
    text = "headers: {A: '${ONE} ${TWO}', B: '${ONE}', C: '{token}', D: '$THREE'}"
    assert AdapterFile("a.yaml", text).variables == ("ONE", "TWO")
    text = "x = self.secret('ONE') + self.secret(\n    \"TWO\") + secretive('THREE')"
    assert AdapterFile("a.py", text).variables == ("ONE", "TWO")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("missing.yaml", None, r"no such file, and no adapter of this name.*chat_logprobs"),
        ("chat-logprob", None, r"Did you mean: chat_logprobs\?"),
        ("mine.txt", b"x", r"name ends in .yaml, .yml, .py"),
        ("mine.yaml", b"\xff\xfe\x00", "not text in UTF-8"),
        ("mine.yaml", b" " * (LARGEST + 1), "larger than 1,024 KiB"),
        ("a\0b", None, "no such file"),
    ],
)
def test_what_can_not_be_read_is_refused(
    name: str, content: bytes | None, told: str, tmp_path: Path
) -> None:
    given = name
    if content is not None:
        (tmp_path / name).write_bytes(content)
        given = str(tmp_path / name)
    with pytest.raises(UserError, match=told):
        read_adapter(given)
