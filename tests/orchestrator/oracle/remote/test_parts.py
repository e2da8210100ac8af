"""Whatever a service's limits are, parts of a question keep to them, and together are the whole."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from hypothesis import given, reject
from hypothesis import strategies as st

from methods.interface import DeepPrompts, Ensemble, Prompts
from orchestrator.answers import ALL
from orchestrator.oracle.remote.description import Capabilities, ImageForm, Limits
from orchestrator.oracle.remote.images.batch_images import BatchImages, FloatImages, PlainImages
from orchestrator.oracle.remote.parts import parts_of, some_of
from orchestrator.oracle.remote.protocol.questions import question_bytes
from orchestrator.oracle.remote.request import Question
from orchestrator.oracle.remote.service import ServiceError
from orchestrator.server.limits import check_limits

CLASSES = ("a cat", "ein größerer Hund", 'a "quoted" name')
FORM = ImageForm(size=4, mean=(0.5,) * 3, std=(0.5,) * 3)

COUNTS = st.integers(1, 12)


def service(**limits: int) -> Capabilities:
    return Capabilities(model="m", fingerprint="f", images=FORM, limits=Limits(**limits))


@st.composite
def all_prompts(draw: st.DrawFn) -> Prompts:
    count = draw(COUNTS)
    kind = draw(st.sampled_from(["context", "ensembles", "templates", "visual", "deep"]))
    if kind == "templates":
        return Prompts(templates=("a {}.",) * draw(st.integers(1, 3)))
    if kind == "ensembles":
        sizes = draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
        weights = [torch.ones(size, len(CLASSES)) for size in sizes]
        return Prompts(ensembles=tuple(Ensemble(("the {}.",) * len(one), one) for one in weights))
    context, tokens = torch.zeros(count, 2, 5), torch.zeros(count, 2, 7)
    if kind == "context":
        return Prompts(context=context)
    if kind == "visual":
        return Prompts(context=context, visual_tokens=tokens)
    deep = DeepPrompts(torch.zeros(count, 3, 2, 5), torch.zeros(count, 3, 2, 7))
    return Prompts(context=context, visual_tokens=tokens, deep=deep)


@given(
    prompts=all_prompts(),
    batch=COUNTS,
    exact=st.booleans(),
    limits=st.fixed_dictionaries(
        {
            "images": COUNTS,
            "prompts": st.integers(1, 30),
            "work": st.integers(1, 200),
            "scores": st.integers(1, 200),
            "request_bytes": st.integers(1024, 20_000),
        }
    ),
)
def test_parts_are_the_whole_and_keep_to_the_limits(
    prompts: Prompts, batch: int, exact: bool, limits: dict[str, int]
) -> None:
    told = service(**limits)
    pixels = torch.zeros(batch, 3, 4, 4)
    images: BatchImages = PlainImages(pixels.to(torch.uint8)) if exact else FloatImages(pixels)
    try:
        parts = parts_of(prompts, images, CLASSES, told)
    except ServiceError:
        reject()
    places = [place for part in parts for place in product(part.candidates, part.rows)]
    assert sorted(places) == sorted(product(range(prompts.count), range(batch)))
    for part in parts:
        question = Question(
            "i",
            CLASSES,
            some_of(prompts, part.candidates),
            images.part(part.candidates, part.rows),
            ALL,
        )
        check_limits(question, told.limits)
        assert len(question_bytes(question, "m", "f")) <= part.size <= told.limits.request_bytes


def test_within_the_limits_a_question_is_whole() -> None:
    (part,) = parts_of(
        Prompts(context=torch.zeros(9, 2, 5)),
        PlainImages(torch.zeros(700, 3, 4, 4, dtype=torch.uint8)),
        CLASSES,
        service(),
    )
    assert (part.candidates, part.rows) == (range(9), range(700))


@pytest.mark.parametrize("limits", [{"prompts": 2}, {"work": 8}])
def test_what_cannot_be_split_is_refused(limits: dict[str, int]) -> None:
    ensemble = Prompts(ensembles=(Ensemble(("a {}.", "the {}.", "one {}.")),))
    images = PlainImages(torch.zeros(1, 3, 4, 4, dtype=torch.uint8))
    with pytest.raises(ServiceError, match="a single prompt on a single image is more than"):
        parts_of(ensemble, images, CLASSES, service(**limits))
