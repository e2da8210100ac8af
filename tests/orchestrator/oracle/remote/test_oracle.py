"""A service answers as the same model in memory, whatever is asked and in how many parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any

import pytest
import torch
from torch import Tensor

from methods.interface import DeepPrompts, Ensemble, Prompts
from orchestrator.answers import ALL, Answers
from orchestrator.errors import UserError
from orchestrator.oracle.clip import ClipOracle
from orchestrator.oracle.interface import Batch, Oracle
from orchestrator.oracle.ledger import BudgetExhausted, Ledger
from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.identity import Origin
from orchestrator.oracle.remote.images.image_sets import MEMORY, ImageSet, StoredImages
from orchestrator.oracle.remote.images.pixels import normalised
from orchestrator.oracle.remote.images.recent_tensors import RecentTensors
from orchestrator.oracle.remote.oracle import Account, RemoteOracle, SharedService
from orchestrator.oracle.remote.service import (
    ImagesUnknown,
    ModelChanged,
    Service,
    ServiceError,
)
from orchestrator.server.model import ServedModel
from tests.orchestrator.oracle.remote.services import Relay, pocket, served

NAMES = ("a red dot", "a blue square", "cross")
K, B = 3, 9


@dataclass(frozen=True)
class Shifts:
    """Adds to every image a number of its candidate, and the mean of the whole batch."""

    by: Tensor

    def __len__(self) -> int:
        return len(self.by)

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        return images + self.by[candidate] + images.mean()


def drawn(*shape: int) -> Tensor:
    return 0.05 * torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def prompts(kind: str) -> Prompts:
    space = in_memory().space
    wide, inside = space.vision_width, (space.text_layers - 1, space.vision_layers - 1)
    tokens, context = drawn(K, 2, wide), drawn(K, 4, space.text_width)
    templates = ("a photo of a {}.", "the {}.")
    weights = torch.rand(2, len(NAMES), generator=torch.Generator().manual_seed(1))
    made = {
        "context": Prompts(context=context),
        "templates": Prompts(templates=templates),
        "ensembles": Prompts(
            ensembles=(Ensemble(templates, weights), Ensemble(templates[:1]), Ensemble(templates))
        ),
        "visual": Prompts(context=context, visual_tokens=tokens),
        "pixels": Prompts(templates=templates[:1], pixels=Shifts(drawn(K))),
        "one pixels": Prompts(templates=templates[:1], pixels=Shifts(drawn(1))),
        "deep": Prompts(
            context=context,
            visual_tokens=tokens,
            deep=DeepPrompts(drawn(K, inside[0], *context.shape[1:]), drawn(K, inside[1], 2, wide)),
        ),
    }
    return made[kind]


KINDS = ("context", "templates", "ensembles", "visual", "pixels", "one pixels", "deep")


def in_memory(**given: Any) -> ClipOracle:
    return bound(ClipOracle(pocket(), NAMES, Ledger(limit=100), Ledger()), **given)


def bound(oracle: Any, answers: Answers = ALL, seed: int = 0) -> Any:
    oracle.answers, oracle.seed = answers, seed
    return oracle


def remote(service: Service, **given: Any) -> RemoteOracle:
    shared = SharedService.to(service, in_flight=3)
    account = Account(Origin("store", "cell"))
    return bound(RemoteOracle(shared, NAMES, Ledger(limit=100), Ledger(), account), **given)


def plain(images: int = B) -> Tensor:
    draw = torch.Generator().manual_seed(images)
    return torch.randint(0, 256, (images, 3, 24, 24), dtype=torch.uint8, generator=draw)


def batch(images: Tensor | None = None) -> Batch:
    given = normalised(plain(), served_form()) if images is None else images
    return Batch(torch.zeros(len(given), dtype=torch.long), images=given)


def served_form() -> Any:
    return SERVED.capabilities.images


SERVED = served()


@pytest.mark.parametrize("kind", KINDS)
def test_answers_equal_those_in_memory_bit_for_bit(kind: str) -> None:
    relay = Relay(SERVED)
    ours, theirs = remote(relay), in_memory()
    assert torch.equal(ours.query(prompts(kind), batch()), theirs.query(prompts(kind), batch()))
    assert len(relay.questions) == 1, "a question within the limits is whole"
    assert {name: ours.ledgers[name] for name in theirs.ledgers} == theirs.ledgers


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "limits",
    [
        {"images": 2, "prompts": 2},
        {"request_bytes": 18_000},
        {"work": 9, "scores": 12},
    ],
)
def test_in_parts_they_are_equal_up_to_rounding(kind: str, limits: dict[str, int]) -> None:
    relay = Relay(served(limits=Limits(**limits)))
    found = remote(relay).query(prompts(kind), batch())
    torch.testing.assert_close(found, in_memory().query(prompts(kind), batch()), atol=1e-4, rtol=0)
    assert len(relay.questions) > 1
    assert len({question.id for question in relay.questions}) == len(relay.questions)


@pytest.mark.parametrize(
    "answers",
    [
        Answers(kind="log_probabilities", digits=3),
        Answers(kind="top", top=2),
        Answers(kind="top", top=2, digits=1, noise=0.3),
        Answers(kind="label"),
        Answers(kind="label", noise=2.0),
        Answers(digits=2, noise=0.5),
    ],
    ids=str,
)
@pytest.mark.parametrize("limits", [{}, {"images": 4, "prompts": 2}])
def test_restricted_answers_equal_those_in_memory(answers: Answers, limits: dict[str, int]) -> None:
    relay = Relay(served(limits=Limits(**limits)))
    ours = remote(relay, answers=answers, seed=5)
    theirs = in_memory(answers=answers, seed=5)
    for kind in ("context", "templates", "context"):
        found, expected = (one.query(prompts(kind), batch()) for one in (ours, theirs))
        torch.testing.assert_close(found, expected, atol=0 if not limits else 1e-2, rtol=0)
    asked = {question.answers.noise or question.answers.digits for question in relay.questions}
    assert asked == {None}, "noise and rounding are made here"


@pytest.mark.parametrize(
    ("offered", "due"),
    [
        (Answers(kind="log_probabilities"), Answers(kind="top", top=2, noise=0.1)),
        (Answers(kind="top", top=2, digits=3), Answers(kind="label")),
        (Answers(kind="top", top=2), Answers(kind="top", top=1)),
    ],
    ids=str,
)
def test_poorer_answers_are_made_of_what_a_service_gives(offered: Answers, due: Answers) -> None:
    ours = remote(served(answers=offered), answers=due, seed=1)
    theirs = in_memory(answers=due, seed=1)
    found, expected = (one.query(prompts("context"), batch()) for one in (ours, theirs))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_an_observer_gets_the_richest_answer_that_there_is() -> None:
    for offered in (ALL, Answers(kind="top", top=2, digits=1), Answers(kind="label")):
        relay = Relay(served(answers=offered))
        oracle = remote(relay, answers=Answers(kind="label"))
        list(oracle.observe(prompts("templates"), [batch()]))
        list(oracle.observe(prompts("templates"), [batch()], as_method=True))
        asked = [question.answers for question in relay.questions]
        assert asked == [Answers(kind=offered.kind, top=offered.top), Answers(kind="label")]


def sets(images: int, size: int, recent: int = 2**20) -> StoredImages:
    """Images in sets, as tables of stored images have them."""
    memory, every = RecentTensors(recent), plain(images)
    made = [
        ImageSet.of(partial(every.__getitem__, slice(start, start + size)), "toys", memory)
        for start in range(0, images, size)
    ]
    return StoredImages(tuple((made[row // size], row % size) for row in range(images)))


def stored(images: StoredImages) -> Batch:
    return Batch(torch.zeros(len(images), dtype=torch.long), stored=images)


def encoded(images: Tensor, size: int) -> Tensor:
    oracle, whole = in_memory(), normalised(images, served_form())
    return torch.cat([oracle.encode_images(part) for part in whole.split(size)])


def test_stored_images_are_sent_once_and_answer_as_tables_in_memory() -> None:
    relay, images = Relay(served()), sets(20, 8)
    mixed = StoredImages(tuple(images.places[row] for row in (3, 19, 0, 1, 9)))
    oracle, features = remote(relay), encoded(plain(20), 8)
    for asked, rows in ((mixed, [3, 19, 0, 1, 9]), (images, list(range(20)))):
        expected = in_memory().query(
            prompts("context"), Batch(torch.zeros(len(rows)), features=features[rows])
        )
        for _ in range(2):
            assert torch.equal(oracle.query(prompts("context"), stored(asked)), expected)
    assert sorted(relay.sent) == [4, 8, 8]


@pytest.mark.parametrize("recent", [0, 2**20])
def test_images_that_a_service_has_forgotten_are_sent_again(recent: int) -> None:
    first, second = served(), served()
    relay = Relay(first)
    images = sets(10, 4, recent)
    oracle = remote(relay)
    expected = oracle.query(prompts("context"), stored(images))
    relay.behind = second  # as after a restart
    assert torch.equal(oracle.query(prompts("context"), stored(images)), expected)
    assert sorted(relay.sent) == [2, 2, 4, 4, 4, 4]


def test_a_service_that_forgets_at_once_is_given_up() -> None:
    relay = Relay(served())
    images = sets(4, 4)

    def forget(question: Any) -> None:
        raise ImagesUnknown((images.places[0][0].digest,))

    relay.disturb = forget
    with pytest.raises(ServiceError, match="forgets images as soon as they are sent"):
        remote(relay).query(prompts("context"), stored(images))


def test_images_that_have_changed_since_are_not_sent() -> None:
    contents, forgotten = [plain(4)], RecentTensors(MEMORY)
    one = ImageSet.of(lambda: contents[0], "the test split of toys", RecentTensors(MEMORY))
    contents[0] = plain(4) // 2
    images = StoredImages(((replace(one, recent=forgotten), 0),))
    with pytest.raises(UserError, match="the images of the test split of toys have changed"):
        remote(served()).query(prompts("context"), stored(images))


def test_a_service_without_memory_gets_images_with_every_question() -> None:
    relay = Relay(served(limits=Limits(images=6)), stores_images=False)
    images = sets(20, 8)
    found = remote(relay).query(prompts("context"), stored(images))
    whole = batch(normalised(plain(20), served_form()))
    expected = in_memory().query(prompts("context"), whole)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)
    assert [question.images.count for question in relay.questions] == [5, 5, 5, 5]
    assert not relay.sent


def test_images_of_more_than_8_bits_go_as_they_are_or_are_rounded() -> None:
    fine = normalised(plain(), served_form()) + 1e-3
    exact = Relay(SERVED)
    assert torch.equal(
        remote(exact).query(prompts("context"), batch(fine)),
        in_memory().query(prompts("context"), batch(fine)),
    )
    assert exact.questions[0].images.pixels is not None
    rounded = Relay(SERVED, float_pixels=False)
    found = remote(rounded).query(prompts("pixels"), batch())
    assert [q.images.plain is not None for q in rounded.questions] == [True] * 3
    close = in_memory().query(prompts("pixels"), batch())
    torch.testing.assert_close(found, close, atol=0.5, rtol=0)
    assert not torch.equal(found, close)


def test_another_model_ends_it() -> None:
    relay = Relay(SERVED, fingerprint="planned")
    with pytest.raises(ModelChanged, match="has another model now"):
        remote(relay).query(prompts("context"), batch())


def test_a_question_has_the_same_name_when_it_is_asked_again_and_another_one_otherwise() -> None:
    def names(ask: Callable[[Oracle], object], cell: str = "cell") -> list[str]:
        relay = Relay(SERVED)
        oracle = remote(relay)
        oracle._account = Account(Origin("store", cell))
        ask(oracle)
        return [question.id for question in relay.questions]

    def twice(oracle: Oracle) -> None:
        for _ in range(2):
            oracle.query(prompts("context"), batch())

    first = names(twice)
    assert first == names(twice)
    others = [
        names(twice, cell="other"),
        names(lambda oracle: oracle.query(prompts("visual"), batch())),
        names(lambda oracle: list(oracle.observe(prompts("context"), [batch()]))),
        names(lambda oracle: oracle.query(prompts("context"), batch(batch().images / 2))),
    ]
    every = [*first, *(name for some in others for name in some)]
    assert len(set(every)) == len(every)


def test_charges_of_training_and_measuring_are_kept_apart_and_can_be_restored() -> None:
    oracle = remote(SERVED)
    oracle.query(prompts("context"), batch())
    list(oracle.observe(prompts("templates"), [batch(), batch()]))
    spent = oracle.ledgers
    assert spent["service_training"] == {"requests": 1, "queries": 3, "images": 27, "tokens": 60}
    assert spent["service_measuring"]["requests"] == 2
    again = remote(SERVED)
    again.restore(spent)
    assert again.ledgers == spent
    other = again.beside(("a cat", "a dog"))
    list(other.observe(prompts("templates"), [batch()]))
    assert again.ledgers["service_measuring"]["requests"] == 3
    with pytest.raises(BudgetExhausted):
        other.query(prompts("templates"), batch())


class _Dear(Relay):
    """Charges money, and refuses all questions after some."""

    def __init__(self, behind: ServedModel) -> None:
        super().__init__(behind)
        self.begun, self.most = count(1), 10**9

    def score(self, question: Any) -> Any:
        if next(self.begun) > self.most:
            raise ServiceError("it is closed")
        reply = super().score(question)
        return replace(reply, charge=replace(reply.charge, money=0.1))


def test_money_is_added_up_and_parts_that_were_answered_are_charged() -> None:
    service = _Dear(served(limits=Limits(images=3)))
    oracle = remote(service)
    oracle.query(prompts("context"), batch())
    assert oracle.ledgers["service_training"]["money"] == pytest.approx(0.3)
    service.most = 4
    with pytest.raises(ServiceError, match="closed"):
        oracle.query(prompts("context"), batch())
    assert oracle.ledgers["service_training"]["requests"] == len(service.questions) == 4
    again = remote(service)
    again.restore(oracle.ledgers)
    assert again.ledgers == oracle.ledgers


def test_words_are_looked_up_once() -> None:
    relay = Relay(SERVED)
    words, theirs = remote(relay).words, in_memory().words
    assert words is not None
    assert theirs is not None
    assert words.count("a red dot") == theirs.count("a red dot")
    words.embed("a red dot").zero_()
    assert torch.equal(words.embed("a red dot"), theirs.embed("a red dot"))
    assert remote(Relay(SERVED, words=False)).words is None
    assert remote(Relay(SERVED, inputs=("text",))).words is None


def test_the_space_is_that_of_the_model_in_memory() -> None:
    assert remote(SERVED).space == in_memory().space
