from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent, indent

import pytest
import torch

from orchestrator.answers import Answers
from orchestrator.errors import UserError
from orchestrator.oracle.remote.service import ServiceError
from tests.orchestrator.oracle.remote.adapters.asking import CLASSES, opened, question
from tests.orchestrator.oracle.remote.adapters.stand_in import Asked, StandIn, Told, listening

Answering = Callable[[Asked], Told]


@pytest.fixture
def start() -> Iterator[Callable[[Answering], StandIn]]:
    """Starts services that end with the test."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(listening(answer))


def adapter(score: str, fields: str = "image_size = 4", name: str = "Mine") -> str:
    """The text of an adapter with such a body of `score`."""
    head = f"class {name}(Adapter):\n{indent(dedent(fields), '    ')}\n"
    method = indent(f"\ndef score(self, images, texts):\n{indent(dedent(score), '    ')}", "    ")
    return f"from orchestrator.oracle.remote.adapters import Adapter\n\n\n{head}{method}\n"


WHOLE = """\
reply = self.http.post(f"{self.service}/score", {
    "model": self.model,
    "images": [self.data_url(image) for image in images],
    "texts": texts,
}, headers={"X-Key": self.secret("MY_TOKEN")})
self.spent(tokens=5, money=0.5)
return reply["scores"]
"""


def test_a_class_asks_in_its_own_way(
    start: Callable[[Answering], StandIn], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "my-secret-key")

    def answer(asked: Asked) -> Told:
        assert asked.headers["x-key"] == "my-secret-key"
        assert asked.body["model"] == "clip-1"
        assert all(one.startswith("data:image/png;base64,") for one in asked.body["images"])
        return Told({"scores": [[len(t), 0, 0.5] for t in ["x"] * len(asked.body["images"])]})

    fields = 'answers = "logits"\nimage_size = 4\nimages_per_call = 3'
    service = start(answer)
    subject = opened(adapter(WHOLE, fields), service.address, tmp_path)
    reply = subject.score(question(images=5, answers="logits"))
    assert torch.equal(reply.answer.scores, torch.tensor([[[1, 0, 0.5]] * 5]))  # type: ignore[arg-type]
    assert (reply.charge.requests, reply.charge.tokens, reply.charge.money) == (2, 10, 1.0)
    assert subject.capabilities.answers == Answers()
    assert subject.space(CLASSES).image_size == 4


@pytest.mark.parametrize(
    ("score", "fields", "expected"),
    [
        ("return [[0.5, 0.25, 0.25]]", "", [0.5, 0.25, 0.25]),
        ("import numpy\nreturn numpy.array([[0.5, 0.25, 0.25]])", "", [0.5, 0.25, 0.25]),
        ("import torch\nreturn torch.tensor([[0.5, 0.25, 0.25]])", "", [0.5, 0.25, 0.25]),
        (
            "import numpy\nreturn [[numpy.float32(0.5), numpy.float32(0.25), numpy.float32(0.25)]]",
            "",
            [0.5, 0.25, 0.25],
        ),
        ("import torch\nreturn [{1: torch.tensor(0.8), 0: 0.1}]", "top = 2", [0.1, 0.8, 0.1]),
        ("return [{texts[1]: 0.8, texts[0]: 0.1}]", "top = 2", [0.1, 0.8, 0.1]),
        ("return [{1: 0.8, 0: 0.1}]", "top = 2", [0.1, 0.8, 0.1]),
    ],
)
def test_scores_may_be_lists_arrays_or_mappings(
    score: str, fields: str, expected: list[float], tmp_path: Path
) -> None:
    subject = opened(adapter(score, f"image_size = 4\n{fields}"), "", tmp_path)
    answers = subject.capabilities.answers
    asked = question(answers="label")
    label = subject.score(asked).answer.classes
    assert label is not None
    assert label.tolist() == [[[torch.tensor(expected).argmax().item()]]]
    if not fields:
        scores = subject.score(question(name="other")).answer.scores
        torch.testing.assert_close(scores, torch.tensor([[expected]]).log())
    assert answers == Answers.model_validate({"top": 2} if fields else "log_probabilities")


def test_a_file_may_hold_more_than_the_class(tmp_path: Path) -> None:
    helpers = """\
    from __future__ import annotations
    from dataclasses import dataclass

    @dataclass
    class Share:
        of_all: float

    def shares(texts: list[str]) -> list[float]:
        return [Share(1 / len(texts)).of_all for _ in texts]
    """
    text = dedent(helpers) + adapter("return [shares(texts)]")
    scores = opened(text, "", tmp_path).score(question()).answer.scores
    torch.testing.assert_close(scores, torch.full((1, 1, 3), 1 / 3).log())


@pytest.mark.parametrize("label", ["texts[2]", "2", '"A photo of a RAT"'])
def test_labels_may_be_texts_or_numbers(label: str, tmp_path: Path) -> None:
    fields = 'answers = "label"\nimage_size = 4'
    subject = opened(adapter(f"return [{label}]", fields), "", tmp_path)
    found = subject.score(question(answers="label")).answer
    assert found.scores is None
    assert found.classes is not None
    assert found.classes.tolist() == [[[2]]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("class Mine(:\n", "mine.py is no Python: line 1: invalid syntax"),
        ("\nimport no_such_module\n", "line 2: ModuleNotFoundError: No module named 'no_such"),
        ("raise SystemExit(3)\n", "line 1: SystemExit: 3"),
        ("x = 1\n", r"expected one class that derives from .*adapters.Adapter, got none"),
        (
            adapter("return 1") + adapter("return 1", name="Other"),
            "expected one class that derives from .*, got Mine, Other",
        ),
        (
            "from orchestrator.oracle.remote.adapters import Adapter\nclass M(Adapter): pass\n",
            r"M needs a method `score\(self, images, texts\)`",
        ),
        (adapter("pass", 'answers = "scores"'), "Mine.answers: expected one of logits, .*'scores'"),
        (adapter("pass", "image_size = 0"), "Mine.image_size: expected a whole number of 1 or"),
        (adapter("pass", "image_size = 5000"), "image_size: expected 4,096 pixels at most"),
        (adapter("pass", 'answers = "logits"\ntop = 5'), "Mine.top goes with probabilities"),
    ],
)
def test_a_file_that_can_not_work_is_refused(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=told):
        opened(text, "", tmp_path)


@pytest.mark.parametrize(
    ("score", "told"),
    [
        ("return None", "score returned no scores: expected a list with an entry for each image"),
        ("return []", "expected 1 entries, one for each image, got 0"),
        ("return [1.0]", "expected a list of 3 numbers, or a mapping, got a number"),
        ("return [[1.0]]", "expected 3 scores, one for each class, got 1"),
        ("return [['1', 0, 0]]", "expected a number, got a text"),
        ("return [{'fish': 1.0}]", "none of the names is one of the texts"),
        ("x = 1\nreturn texts[9]", "Mine.score failed: line 9: IndexError: list index out of"),
        ("return self.http.get('nowhere')", "expected an address with http:// or https://"),
        ("return self.secret('NOT_SET')", "environment variable NOT_SET, which isn't set"),
    ],
)
def test_what_goes_wrong_in_a_call_is_said(score: str, told: str, tmp_path: Path) -> None:
    subject = opened(adapter(score), "", tmp_path)
    with pytest.raises(ServiceError, match=told):
        subject.score(question())


def test_errors_of_the_users_own_code_tell_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "my-secret-key")
    score = "raise ValueError('bad: ' + self.secret('MY_TOKEN'))"
    with pytest.raises(ServiceError, match=r"line 8: ValueError: bad: \*\*\*"):
        opened(adapter(score), "", tmp_path).score(question())


def test_the_fingerprint_is_of_the_whole_file_and_the_model(tmp_path: Path) -> None:
    text = adapter("return [[1, 0, 0]]")
    first = opened(text, "http://127.0.0.1:9", tmp_path).capabilities.fingerprint
    assert opened(text, "http://127.0.0.2:8", tmp_path).capabilities.fingerprint == first
    assert opened(text + "\n", "", tmp_path).capabilities.fingerprint != first
