from __future__ import annotations

import re
from typing import Any

import pytest

from orchestrator.errors import UserError
from orchestrator.oracle.remote.adapters.file import AdapterFile, read_adapter, ready_adapters
from orchestrator.oracle.remote.adapters.yaml_reading import form_digest, read_form
from orchestrator.reading.yaml_text import write_yaml
from tests.orchestrator.oracle.remote.adapters.asking import PLAIN

GOOD = """\
version: 1
url: "{service}/classify"
headers:
  Authorization: "Bearer {token}"
  X-Project: ${PROJECT}
body:
  image: "{image_base64}"
  texts: "{texts}"
answer:
  kind: probabilities
  entries: scores
"""


def read(text: str) -> Any:
    return read_form(AdapterFile("mine.yaml", text))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "  kind: prob",
            "  knid: prob",
            "line 10: answer.knid: unknown field 'knid'. Did you",
        ),
        ("  kind: prob", "  kind: prb", "line 10: answer.kind: expected 'logits', 'log_probabilit"),
        ("entries: scores", "entries: scores[", "line 11: answer.entries: 'scores[' is no path"),
        ('"{texts}"', '"{text}"', "line 8: body.texts: {text} is of one text: put it into a list"),
        ('"Bearer {token}"', "abc", "line 3: headers: Authorization: a secret has no place in a"),
        ("X-Project: $", "Host: $", "line 3: headers: 'Host' can't be set here"),
        ("version: 1", "version: 2", "line 1: version: expected 1, got 2"),
        ("version: 1\n", "", "version: is missing"),
        ('"{service}/', '"ftp://', "line 2: url: expected an address with http:// or https://"),
        ("entries: scores", "top: 5", "answer: by: say what the names are"),
        ("entries: scores", "by: text\n  top: 0", "line 12: answer.top: expected a number of 1 or"),
        ("kind: probabilities", "kind: label", "answer: name: say where the label is"),
        ("answer:", "per_request: {images: all}\nanswer:", "answer.images: say where the parts"),
        ("answer:", "inputs: [soft context]\nanswer:", "inputs: an adapter takes text and pixels"),
        ("  kind:", "\tkind:", "mine.yaml is no YAML: line 10"),
    ],
)
def test_the_line_that_is_wrong_is_named(old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(UserError, match=re.escape(told)):
        read(GOOD.replace(old, new))


@pytest.mark.parametrize("text", ["", "- a", "just words"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"mine.yaml is empty, or no mapping of fields"):
        read(text)


def test_what_answers_depend_on_is_in_the_digest_and_nothing_else() -> None:
    def digest(**changes: Any) -> str:
        return form_digest(read(write_yaml({**PLAIN, **changes})))

    same = digest()
    for unimportant in (
        {"url": "https://models.example.org/classify"},
        {"usage": {"tokens": "usage.total"}},
        {"errors": "message"},
        {"limits": {"classes": 10, "requests_per_minute": 5}},
        {"fingerprint": "model"},
        {"method": "POST"},
    ):
        assert digest(**unimportant) == same, unimportant
    different = [
        digest(url="{service}/other"),
        digest(body={**PLAIN["body"], "beams": 2}),
        digest(image={"size": 4, "format": "jpeg"}),
        digest(answer={**PLAIN["answer"], "scale": "percent"}),
        digest(headers={"X-Version": "2"}),
    ]
    assert len({same, *different}) == 1 + len(different)


@pytest.mark.parametrize("name", ready_adapters())
def test_ready_adapters_are_sound(name: str) -> None:
    assert read_form(read_adapter(name)).version == 1
