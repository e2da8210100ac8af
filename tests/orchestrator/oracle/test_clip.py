"""The oracle's answers against a plain open_clip forward, and what it charges for them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from methods.interface import DeepPrompts, Ensemble, Prompts
from orchestrator.errors import UserError
from orchestrator.oracle.clip import ClipOracle, LoadedClip, load_clip
from orchestrator.oracle.image_tower import ImageTower
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.ledger import BudgetExhausted, Ledger
from orchestrator.oracle.space import planned_space
from tests.conformance.closeness import assert_same_logits
from tests.conformance.plain_clip import tokenizer_for
from tests.conformance.tiny_clip import write_tiny_clip

NAMES = ("cat", "annual crop land", "boeing 747", "x")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> LoadedClip:
    backbone = write_tiny_clip(tmp_path_factory.mktemp("clip"))
    return load_clip(backbone, "fp32", torch.device("cpu"))


def oracle(clip: LoadedClip, names: tuple[str, ...] = NAMES, budget: int = 100) -> ClipOracle:
    return ClipOracle(clip, names, Ledger(limit=budget), Ledger())


def random_batch(size: int = 3, seed: int = 0) -> Batch:
    draw = torch.Generator().manual_seed(seed)
    images = torch.randn(size, 3, 16, 16, generator=draw)
    return Batch(torch.zeros(size, dtype=torch.long), images=images)


def plain_image_features(clip: LoadedClip, images: Tensor) -> Tensor:
    features: Tensor = clip.model.encode_image(images, normalize=True)  # type: ignore[operator]
    return features


def test_templates_equal_open_clips_own_zero_shot(clip: LoadedClip) -> None:
    template = "a photo of a {}, a type of thing."
    batch = random_batch()
    logits = oracle(clip).query(Prompts(templates=(template,)), batch)
    tokenizer = tokenizer_for(24)
    ids = tokenizer([template.format(name) for name in NAMES])
    text = clip.model.encode_text(ids, normalize=True)  # type: ignore[operator]
    assert batch.images is not None
    expected = clip.model.logit_scale.exp() * plain_image_features(clip, batch.images) @ text.T
    assert_same_logits(logits[0], expected)


def test_an_ensemble_averages_normalised_features(clip: LoadedClip) -> None:
    subject, batch = oracle(clip), random_batch()
    features = [subject._text.encode_templates((t,))[0] for t in ("a {}.", "the {}.")]
    mean = torch.nn.functional.normalize(torch.stack(features).mean(dim=0), dim=-1)
    logits = subject.query(Prompts(templates=("a {}.", "the {}.")), batch)
    assert batch.images is not None
    expected = clip.model.logit_scale.exp() * plain_image_features(clip, batch.images) @ mean.T
    assert_same_logits(logits[0], expected)


class Brighter:
    """A pixel prompt of two candidates: as it is, and brighter."""

    def __len__(self) -> int:
        return 2

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        return images + candidate


def test_pixel_prompts_change_the_images(clip: LoadedClip) -> None:
    batch = random_batch()
    prompts = Prompts(templates=("a {}.",), pixels=Brighter())
    logits = oracle(clip).query(prompts, batch)
    assert logits.shape == (2, 3, 4)
    assert batch.images is not None
    brighter = Batch(batch.labels, images=batch.images + 1)
    plain = Prompts(templates=("a {}.",))
    torch.testing.assert_close(logits[0], oracle(clip).query(plain, batch)[0])
    torch.testing.assert_close(logits[1], oracle(clip).query(plain, brighter)[0])


def test_visual_tokens_are_appended_to_the_sequence(clip: LoadedClip) -> None:
    batch, draw = random_batch(), torch.Generator().manual_seed(1)
    tokens = torch.randn(2, 5, 32, generator=draw)
    logits = oracle(clip).query(Prompts(templates=("a {}.",), visual_tokens=tokens), batch)
    plain = oracle(clip).query(Prompts(templates=("a {}.",)), batch)
    assert logits.shape == (2, 3, 4)
    assert not torch.allclose(logits[0], plain[0])
    assert not torch.allclose(logits[0], logits[1])


def test_no_visual_tokens_leave_the_image_tower_as_it_is(clip: LoadedClip) -> None:
    batch = random_batch()
    none = torch.empty(1, 0, 32)
    logits = oracle(clip).query(Prompts(templates=("a {}.",), visual_tokens=none), batch)
    plain = oracle(clip).query(Prompts(templates=("a {}.",)), batch)
    assert_same_logits(logits, plain)


def test_features_stand_in_for_pixels(clip: LoadedClip) -> None:
    batch, prompts = random_batch(), Prompts(context=torch.randn(2, 3, 32))
    assert batch.images is not None
    features = oracle(clip).encode_images(batch.images)
    known = Batch(batch.labels, features=features)
    torch.testing.assert_close(
        oracle(clip).query(prompts, known), oracle(clip).query(prompts, batch)
    )


def test_images_are_encoded_once_for_all_candidates(
    clip: LoadedClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, calls = oracle(clip), []
    encode = subject._image.encode

    def counting(images: Tensor) -> Tensor:
        calls.append(len(images))
        return encode(images)

    monkeypatch.setattr(subject._image, "encode", counting)
    subject.query(Prompts(context=torch.randn(10, 2, 32)), random_batch(4))
    assert calls == [4]


def test_queries_and_images_are_charged_to_whoever_asked(clip: LoadedClip) -> None:
    subject = oracle(clip)
    subject.query(Prompts(context=torch.randn(5, 2, 32)), random_batch(3))
    list(subject.observe(Prompts(templates=("a {}.",)), [random_batch(2), random_batch(1)]))
    assert subject.method.as_dict() == {"queries": 5, "images": 15}
    assert subject.observer.as_dict() == {"queries": 2, "images": 3}


def test_nothing_is_evaluated_above_the_budget(clip: LoadedClip) -> None:
    subject = oracle(clip, budget=7)
    prompts = Prompts(context=torch.randn(5, 2, 32))
    subject.query(prompts, random_batch())
    with pytest.raises(BudgetExhausted, match="only 2 of 7"):
        subject.query(prompts, random_batch())
    assert subject.method.queries == 5


def test_space_states_what_fits(clip: LoadedClip) -> None:
    space = oracle(clip).space
    assert space.text_width == 32
    assert space.vision_width == 32
    assert space.image_size == 16
    # [SOS] annual crop land . [EOT], or boeing 747 . with 7-4-7 apart
    longest = 7
    assert space.context_tokens == 24 - longest
    with pytest.raises(UserError, match="context tokens don't fit"):
        too_many = torch.randn(1, space.context_tokens + 1, 32)
        oracle(clip).query(Prompts(context=too_many), random_batch())


def test_a_plan_knows_how_many_layers_can_be_reached(clip: LoadedClip) -> None:
    planned, loaded = planned_space(clip.backbone, NAMES), oracle(clip).space
    assert (planned.text_layers, planned.vision_layers) == (2, 2)
    assert (loaded.text_layers, loaded.vision_layers) == (2, 2)


def test_deep_prompts_need_tokens_to_stand_at(clip: LoadedClip) -> None:
    zeros, template = torch.zeros(1, 1, 2, 32), ("a {}.",)
    for deep, message in (
        (DeepPrompts(text=zeros), "Give it a `context`"),
        (DeepPrompts(visual=zeros), "Give it `visual_tokens`"),
    ):
        subject = oracle(clip)
        with pytest.raises(UserError, match=message):
            subject.query(Prompts(templates=template, deep=deep), random_batch())


def test_a_name_that_fills_the_context_is_refused(clip: LoadedClip) -> None:
    with pytest.raises(UserError, match="fills the model's context"):
        oracle(clip, ("very " * 40 + "long name",))


def test_different_templates_are_answered_in_one_ask(clip: LoadedClip) -> None:
    templates, batch = ("a {}.", "the {}."), random_batch()
    asked = Prompts(ensembles=tuple(Ensemble((one,)) for one in templates))
    subject = oracle(clip)
    logits = subject.query(asked, batch)
    alone = [oracle(clip).query(Prompts(templates=(one,)), batch)[0] for one in templates]
    torch.testing.assert_close(logits, torch.stack(alone))
    assert subject.method.as_dict() == {"queries": 2, "images": 6}


def test_an_ensemble_without_weights_is_that_of_hand_written_prompts(clip: LoadedClip) -> None:
    templates, batch, subject = ("a {}.", "the {}."), random_batch(), oracle(clip)
    mixed = subject.query(Prompts(ensembles=(Ensemble(templates),)), batch)
    torch.testing.assert_close(mixed, subject.query(Prompts(templates=templates), batch))
    assert subject.method.queries == 2 + 2, "each template is a text that is asked about"


def test_templates_weigh_differently_for_each_class(clip: LoadedClip) -> None:
    templates, batch, subject = ("a {}.", "the {}."), random_batch(), oracle(clip)
    weights = torch.tensor([[1.0, 0.0, 1.0, 0.0], [0.0, 3.0, 0.0, 3.0]])
    logits = subject.query(Prompts(ensembles=(Ensemble(templates, weights),)), batch)[0]
    first, second = (subject.query(Prompts(templates=(one,)), batch)[0] for one in templates)
    torch.testing.assert_close(logits[:, ::2], first[:, ::2])
    torch.testing.assert_close(logits[:, 1::2], second[:, 1::2])
    with pytest.raises(ValueError, match=r"expected weights \(2, 4\)"):
        subject.query(Prompts(ensembles=(Ensemble(templates, weights.T),)), batch)


def test_words_as_context_are_the_template_with_these_words(clip: LoadedClip) -> None:
    subject, batch = oracle(clip), random_batch()
    words = subject.words
    assert words is not None
    context = words.embed("a photo of a")
    assert words.count("a photo of a") == len(context)
    logits = subject.query(Prompts(context=context.unsqueeze(0)), batch)
    template = Prompts(templates=("a photo of a {}.",))
    torch.testing.assert_close(logits, subject.query(template, batch), rtol=1e-4, atol=1e-4)
    assert words.embed("").shape == (0, subject.space.text_width)


def test_the_same_mini_batch_is_encoded_once(
    clip: LoadedClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, batch = oracle(clip), random_batch()
    calls: list[int] = []
    encode = ImageTower.encode

    def counted(self: ImageTower, images: Tensor) -> Tensor:
        calls.append(len(images))
        return encode(self, images)

    monkeypatch.setattr(ImageTower, "encode", counted)
    template = Prompts(templates=("a {}.",))
    first, again = (subject.query(template, batch) for _ in range(2))
    assert torch.equal(first, again)
    assert calls == [3]
    subject.query(template, random_batch(seed=1))
    assert calls == [3, 3]
