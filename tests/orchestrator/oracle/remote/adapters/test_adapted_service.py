"""What trials can rely on, whatever the service behind an adapter does."""

from __future__ import annotations

import base64
import math
import pickle
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

import pytest
import torch
from PIL import Image

from methods.interface import Ensemble, Prompts
from orchestrator.answers import Answers
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone
from orchestrator.oracle.remote.adapters.opening import open_adapter
from orchestrator.oracle.remote.request import Images, StoredRows
from orchestrator.oracle.remote.service import Caller, ModelChanged, ServiceError
from tests.orchestrator.oracle.remote.adapters.asking import (
    CLASSES,
    PLAIN,
    TEMPLATE,
    opened,
    plain_images,
    question,
)
from tests.orchestrator.oracle.remote.adapters.stand_in import Asked, StandIn, Told, listening

Answering = Callable[[Asked], Told]


@pytest.fixture
def start() -> Iterator[Callable[[Answering], StandIn]]:
    """Starts services that end with the test."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(listening(answer))


def grey(asked: Asked) -> int:
    image = Image.open(BytesIO(base64.b64decode(asked.body["image"])))
    assert image.size == (4, 4)
    pixel = image.getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return int(pixel[0])


def by_grey_and_length(asked: Asked) -> Told:
    """Probabilities that follow from the image and from each text."""
    weights = [1 + grey(asked) + len(text) * number for number, text in texts(asked)]
    return Told({"scores": [one / sum(weights) for one in weights]})


def texts(asked: Asked) -> list[tuple[int, str]]:
    return list(enumerate(asked.body["texts"]))


def steady(_: Asked) -> Told:
    return Told({"scores": [0.5, 0.25, 0.25], "usage": {"total": 7, "cost": 0.25}, "system": "s1"})


def test_each_candidate_template_and_image_is_a_call(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    service = start(by_grey_and_length)
    subject = opened(PLAIN, service.address, tmp_path)
    asked = question(["{}"], ["a {}", "the big {}"], images=3)
    reply = subject.score(asked)
    assert reply.answer.scores is not None
    assert reply.answer.scores.shape == (2, 3, len(CLASSES))
    assert (reply.charge.requests, reply.charge.queries, reply.charge.images) == (9, 3, 9)
    assert reply.fingerprint == subject.capabilities.fingerprint
    assert len(service.asked) == 9
    expected = [1 + 2 + len("cat") * i for i in range(3)]
    wanted = torch.tensor([one / sum(expected) for one in expected]).log()
    torch.testing.assert_close(reply.answer.scores[0, 2], wanted)


def test_templates_are_averaged_by_their_log_probabilities(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    subject = opened(PLAIN, start(by_grey_and_length).address, tmp_path)
    both, one, other = (
        subject.score(question(templates, images=2, name=str(templates))).answer.scores
        for templates in (["a {}", "the big {}"], ["a {}"], ["the big {}"])
    )
    assert both is not None
    assert one is not None
    assert other is not None
    torch.testing.assert_close(both, ((one + other) / 2).log_softmax(dim=-1))


def test_a_question_that_is_repeated_costs_nothing(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    service = start(steady)
    usage = {"tokens": "usage.total", "money": "usage.cost"}
    subject = opened({**PLAIN, "usage": usage}, service.address, tmp_path)
    first = subject.score(question(images=4))
    again = subject.score(question(images=4))
    assert len(service.asked) == 4
    assert (first.repeated, again.repeated) == (False, True)
    assert first.charge == again.charge
    assert (first.charge.tokens, first.charge.money) == (28, 1.0)
    assert not subject.score(question(images=4, name="other")).repeated


def test_a_call_has_the_same_idempotency_key_in_every_process(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    service = start(steady)
    for _ in range(2):
        opened(PLAIN, service.address, tmp_path).score(question(images=2))
    keys = [asked.headers["idempotency-key"] for asked in service.asked]
    assert len(set(keys)) == 2
    assert set(keys[:2]) == set(keys[2:])


def test_calls_of_a_question_are_under_way_together(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    service = start(steady)
    meeting = Barrier(4)

    def meet(asked: Asked) -> Told:
        meeting.wait(timeout=30)
        return steady(asked)

    service.take = meet  # type: ignore[method-assign] # all at once, not one after another
    assert opened(PLAIN, service.address, tmp_path).score(question(images=8)).charge.requests == 8


def test_what_a_service_puts_off_is_asked_again(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    seen: list[str] = []

    def busy(asked: Asked) -> Told:
        seen.append(asked.headers["idempotency-key"])
        statuses = {1: 429, 3: 503}
        status = statuses.get(len(seen), 200)
        return replace(steady(asked), status=status, headers={"Retry-After": "0"})

    reply = opened(PLAIN, start(busy).address, tmp_path).score(question(images=2))
    assert len(seen) == 4
    assert len(set(seen)) == 2, "under the same key"
    assert reply.charge.requests == 2


def test_images_may_share_a_call(start: Callable[[Answering], StandIn], tmp_path: Path) -> None:
    form = {
        **PLAIN,
        "body": {"images": "{images_base64}", "texts": "{texts}"},
        "per_request": {"images": 2},
        "answer": {"kind": "logits", "images": "data", "entries": "s"},
    }

    def answer(asked: Asked) -> Told:
        greys = [grey(replace(asked, body={"image": one})) for one in asked.body["images"]]
        return Told({"data": [{"s": [one, 0, 0]} for one in greys]})

    service = start(answer)
    reply = opened(form, service.address, tmp_path).score(question(images=5, answers="logits"))
    assert reply.answer.scores is not None
    assert reply.answer.scores[0, :, 0].tolist() == [0, 1, 2, 3, 4]
    assert [len(asked.body["images"]) for asked in service.asked].count(2) == 2
    assert reply.charge.requests == 3


def test_changed_pixels_are_sent_as_the_nearest_image(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    service = start(by_grey_and_length)
    subject = opened(PLAIN, service.address, tmp_path)
    form = subject.capabilities.images
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in (form.mean, form.std))
    wanted = torch.tensor([40.3, -9.0, 300.0]).view(3, 1, 1, 1, 1).expand(3, 1, 3, 4, 4)
    pixels = (wanted / 255 - mean) / std
    asked = replace(
        question(), prompts=Prompts(templates=(TEMPLATE,)), images=Images(pixels=pixels)
    )
    reply = subject.score(asked)
    assert sorted(grey(one) for one in service.asked) == [0, 40, 255]
    assert reply.answer.scores is not None
    assert reply.answer.scores.shape == (3, 1, len(CLASSES))
    assert (reply.charge.queries, reply.charge.images) == (3, 3)


def test_secrets_come_from_the_environment_and_are_never_told(
    start: Callable[[Answering], StandIn], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, statuses, long = "a-secret-of-mine", [0], [""]

    def refuse(asked: Asked) -> Told:
        given = asked.headers["authorization"]
        assert given == f"Bearer {secret}"
        assert asked.headers["x-team"] == "blue-team"
        return Told({"error": {"message": f"{long[0]}bad key {given}"}}, status=statuses[0])

    headers = {"Authorization": "Bearer {token}", "X-Team": "${TEAM}"}
    form = {**PLAIN, "headers": headers, "errors": "error.message"}
    service, told = start(refuse), list[str]()
    monkeypatch.setenv("TEAM", "blue-team")
    caller = Caller(tell=told.append, patience=0)
    with pytest.raises(ServiceError, match="environment variable MY_TOKEN, which isn't set"):
        opened(form, service.address, tmp_path, caller)
    monkeypatch.setenv("MY_TOKEN", secret)
    subject = opened(form, service.address, tmp_path, caller)
    for status in (400, 401, 503):
        statuses[0] = status
        with pytest.raises(ServiceError, match=r"bad key Bearer \*\*\*") as error:
            subject.score(question())
        assert secret not in str(error.value)
    long[0] = "x" * 280
    statuses[0] = 400
    with pytest.raises(ServiceError, match=r"x{20}") as error:
        subject.score(question())
    assert "a-sec" not in str(error.value), "not even where the message is cut"
    assert secret not in "".join(told)
    assert secret not in repr(subject.capabilities)


def test_another_model_ends_the_cell(start: Callable[[Answering], StandIn], tmp_path: Path) -> None:
    system = ["s1"]

    def answer(asked: Asked) -> Told:
        body = steady(asked).body
        return Told({**body, "system": system[0]} if system[0] else body)

    subject = opened({**PLAIN, "fingerprint": "system"}, start(answer).address, tmp_path)
    subject.score(question(name="1"))
    system[0] = "s2"
    with pytest.raises(ModelChanged, match="system was 's1' and is 's2'"):
        subject.score(question(name="2"))


def test_what_a_probe_states_is_in_the_fingerprint(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    version = ["v1"]

    def answer(asked: Asked) -> Told:
        if asked.method == "GET":
            assert asked.path == "/models/clip-1"
            return Told({"model": {"version": version[0]}})
        return steady(asked)

    probe = {"url": "{service}/models/{model}", "fingerprint": "model.version"}
    service, form = start(answer), {**PLAIN, "probe": probe}
    first = opened(form, service.address, tmp_path).capabilities.fingerprint
    assert opened(form, service.address, tmp_path).capabilities.fingerprint == first
    version[0] = "v2"
    assert opened(form, service.address, tmp_path).capabilities.fingerprint != first
    backbone = Backbone(
        model="clip-1", adapter=str(tmp_path / "mine.yaml"), service=service.address
    )
    with pytest.raises(ModelChanged, match=r"mine.yaml, or what its service says of 'clip-1', has"):
        open_adapter(backbone, Caller(), first)


@pytest.mark.parametrize(
    ("told", "match"),
    [
        (
            Told({"x": 1}),
            r"answer.entries: there is nothing at scores.*Received: {\"x\": 1}.*check",
        ),
        (Told({"scores": [1]}), "expected 3 scores, one for each class, got 1"),
        (Told({"scores": [math.nan, 0, 1]}), "expected a finite number"),
        (Told({"error": "out of cheese"}), r"says: out of cheese"),
        (Told(b"<html>"), "sent no JSON where it was expected, but '<html>'"),
        (Told(b"[" * 100_000), "sent no JSON"),
        (Told({"error": "no such model"}, 404), r"refuses \(status 404\): no such model"),
        (Told(b"gone", 410), r"refuses \(status 410\): gone"),
        (Told({"scores": [1] * 10**6}), r"got 1000000; .*Received: .{1,400}$"),
    ],
)
def test_answers_without_sense_are_shown_shortly(
    told: Told, match: str, start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    subject = opened({**PLAIN, "errors": "error"}, start(lambda _: told).address, tmp_path)
    with pytest.raises(ServiceError, match=match) as error:
        subject.score(question())
    assert len(str(error.value)) < 1000


def test_no_call_begins_after_one_has_failed(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    service = start(lambda _: Told({}, 400))
    subject = opened(PLAIN, service.address, tmp_path)
    with pytest.raises(ServiceError):
        subject.score(question(images=200))
    assert len(service.asked) < 100


def test_what_the_service_can_not_take_is_refused_before_it_is_asked(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    service = start(steady)
    form = {**PLAIN, "options": {"marks": "letters"}, "limits": {"classes": 30}}
    subject = opened(form, service.address, tmp_path)
    weighted = Ensemble((TEMPLATE,), torch.ones(1, len(CLASSES)))
    asked = question()
    for changed, told in (
        (replace(asked, answers=Answers()), "this service gives log-probabilities, not logits"),
        (replace(asked, prompts=Prompts(context=torch.ones(1, 2, 3))), "no soft prompts"),
        (replace(asked, prompts=Prompts(ensembles=(weighted,))), "no ensemble with weights"),
        (replace(asked, images=Images(stored=(StoredRows("a", (0,)),))), "stores no images"),
    ):
        with pytest.raises(UserError, match=told):
            subject.score(changed)
    with pytest.raises(UserError, match="can choose from 26 classes, not from 27"):
        subject.space(tuple(map(str, range(27))))
    assert not service.asked


def test_the_space_has_no_soft_prompts(tmp_path: Path) -> None:
    subject = opened(PLAIN, "http://127.0.0.1:9", tmp_path)
    space = subject.space(CLASSES)
    assert (space.text_width, space.vision_width, space.image_size) == (0, 0, 4)
    assert subject.capabilities.inputs == ("text", "pixels")
    assert not subject.capabilities.stores_images


@pytest.mark.parametrize(
    ("answer", "offered"),
    [
        ({"kind": "logits"}, "logits"),
        ({"kind": "probabilities"}, "log_probabilities"),
        ({"kind": "log_probabilities", "top": 5, "by": "mark"}, {"top": 5}),
        ({"kind": "label", "name": "label", "by": "class"}, "label"),
    ],
)
def test_capabilities_say_what_is_returned(answer: Any, offered: Any, tmp_path: Path) -> None:
    subject = opened({**PLAIN, "answer": answer}, "http://127.0.0.1:9", tmp_path)
    assert subject.capabilities.answers == Answers.model_validate(offered)


def test_a_file_travels_as_it_was_when_it_was_read(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    service, path = start(steady), tmp_path / "mine.yaml"
    planned = opened(PLAIN, service.address, tmp_path).capabilities.fingerprint
    backbone = Backbone(model="clip-1", adapter=str(path), service=service.address).with_file()
    sent = pickle.loads(pickle.dumps(backbone))
    path.write_text(path.read_text().replace("classify", "other"))
    assert open_adapter(sent, Caller(), planned).score(question()).charge.requests == 1
    assert service.asked[-1].path == "/classify"
    with pytest.raises(ModelChanged, match="has changed since the plan was made"):
        open_adapter(backbone.with_file(), Caller(), planned)
    path.unlink()
    open_adapter(sent, Caller(), planned)
    assert (sent == backbone, backbone.model_dump()["adapter"]) == (True, str(path))


def test_variables_of_an_adapter_are_those_of_its_file_and_the_token(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("headers: {X-Team: '${TEAM}', X-Key: '${KEY}'}")
    backbone = Backbone(model="m", adapter=str(path), token_from="KEY")
    assert backbone.variables == ("KEY",)
    assert backbone.with_file().variables == ("KEY", "TEAM")


def test_an_address_is_needed_where_the_file_has_none(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    opened(PLAIN, "http://127.0.0.1:9", tmp_path)
    with pytest.raises(UserError, match=re.escape("give yours in the spec")):
        open_adapter(Backbone(model="m", adapter=str(path)), Caller())


def test_labels_become_answers_of_labels(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    form = {**PLAIN, "answer": {"kind": "label", "name": "label", "by": "class"}}
    service = start(lambda asked: Told({"label": CLASSES[grey(asked)]}))
    subject = opened(form, service.address, tmp_path)
    answer = subject.score(question(images=3, answers="label")).answer
    assert answer.scores is None
    assert answer.classes is not None
    assert answer.classes.tolist() == [[[0], [1], [2]]]
    votes = subject.score(question([TEMPLATE, "{}", "a {}"], answers="label", name="v")).answer
    assert votes.classes is not None
    assert votes.classes.tolist() == [[[0]]]


def test_some_named_classes_leave_the_rest_to_the_others(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    answer = {"kind": "probabilities", "entries": "scores", "by": "class", "top": 2}
    service = start(lambda _: Told({"scores": {"rat": 0.75}}))
    subject = opened({**PLAIN, "answer": answer}, service.address, tmp_path)
    asked = replace(question(), answers=Answers(kind="top", top=2))
    found = subject.score(asked).answer
    assert found.classes is not None
    assert found.scores is not None
    assert found.classes.tolist() == [[[2, 0]]], "asked for two, named one: a filled one follows"
    torch.testing.assert_close(found.scores.exp(), torch.tensor([[[0.75, 0.125]]]))


def test_a_service_is_asked_by_several_threads(
    start: Callable[[Answering], StandIn], tmp_path: Path
) -> None:
    subject = opened(PLAIN, start(by_grey_and_length).address, tmp_path)
    lock, charged = Lock(), []

    def ask(number: int) -> None:
        reply = subject.score(question(images=2, name=str(number % 4)))
        with lock:
            charged.append(reply.charge.requests)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(12)))
    assert charged == [2] * 12
    assert plain_images(2).shape == (2, 3, 4, 4)
