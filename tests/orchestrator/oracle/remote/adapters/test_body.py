from __future__ import annotations

import base64
import json
import re
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from orchestrator.oracle.remote.adapters.body import Filling, check_body, filled
from orchestrator.oracle.remote.adapters.images import ImageSettings, SentImage, sent_images
from orchestrator.oracle.remote.adapters.options import marks_of
from orchestrator.reading.validation import Refused

CLASSES = ("cat", "dog {text}")
TEXTS = tuple(f"a photo of a {name}." for name in CLASSES)


def pictures(count: int, settings: ImageSettings | None = None) -> tuple[SentImage, ...]:
    pixels = torch.randint(0, 256, (count, 3, 4, 4), generator=torch.Generator().manual_seed(0))
    return sent_images(pixels.to(torch.uint8), settings or ImageSettings(size=4))


def fill(template: Any, images: int = 1) -> Any:
    marks = marks_of(len(CLASSES), "auto")
    return filled(template, Filling("clip", pictures(images), CLASSES, TEXTS, marks))


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{model}", "clip"),
        ("the {model}", "the clip"),
        ("{n_classes}", 2),
        ("one of {n_classes}", "one of 2"),
        ("{texts}", list(TEXTS)),
        ("{classes}", list(CLASSES)),
        ("of {marks}", "of A, B"),
        ("{options}", f"A. {TEXTS[0]}\nB. {TEXTS[1]}"),
        ("{{model}} {model}", "{model} clip"),
        ('as {"json": 1} and {}', 'as {"json": 1} and {}'),
        ({"a": [1, None, True, {"b": "{model}"}]}, {"a": [1, None, True, {"b": "clip"}]}),
        (
            [{"{each text}": {"t": "{text}", "c": "{class}", "m": "{mark}", "i": "{index}"}}],
            [
                {"t": TEXTS[0], "c": "cat", "m": "A", "i": 0},
                {"t": TEXTS[1], "c": "dog {text}", "m": "B", "i": 1},
            ],
        ),
        (["before", {"{each text}": "{class}"}, "after"], ["before", *CLASSES, "after"]),
    ],
)
def test_placeholders_are_filled_once(template: Any, value: Any) -> None:
    assert fill(template) == value


def test_images_are_filled_one_by_one_or_all_together() -> None:
    one, two = pictures(2)
    each = [{"{each image}": {"u": "{image_data_url}", "t": [{"{each text}": "{text}"}]}}]
    assert fill(each, images=2) == [
        {"u": one.data_url, "t": list(TEXTS)},
        {"u": two.data_url, "t": list(TEXTS)},
    ]
    assert fill("{images_base64}", images=2) == [one.base64, two.base64]
    assert fill("{image_data_urls}", images=2) == [one.data_url, two.data_url]
    assert fill("x {image_base64}") == f"x {one.base64}"


def test_a_png_keeps_every_pixel() -> None:
    (image,) = pictures(1)
    assert image.data_url == f"data:image/png;base64,{image.base64}"
    read = Image.open(BytesIO(base64.b64decode(image.base64)))
    assert np.array_equal(np.asarray(read), np.asarray(image.picture))


def test_a_jpeg_has_its_quality() -> None:
    settings = [ImageSettings(size=4, format="jpeg", quality=one) for one in (20, 95)]
    small, large = (pictures(1, one)[0] for one in settings)
    assert small.data_url.startswith("data:image/jpeg;base64,")
    assert len(small.content) < len(large.content)
    assert Image.open(BytesIO(large.content)).format == "JPEG"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            {"i": "{image_base64}", "t": "{textz}"},
            "body.t: unknown placeholder {textz}. Did you mean: texts? For the text itself, "
            "write {{textz}}",
        ),
        ({"i": "{image_base64}"}, "body: it sends no texts of the classes"),
        ({"t": "{texts}"}, "body: it sends no image"),
        ({"t": "{texts}", "i": ["{text} {image_base64}"]}, "body.i.0: {text} is of one text"),
        (
            {"{each image}": {"i": "{image_base64}"}},
            "body: '{each image}' must be the one field of an entry in a list",
        ),
        (
            {"i": "{image_base64}", "t": [{"{each txt}": "{text}"}]},
            "body.t.0: unknown block '{each txt}'. Did you mean: {each text}",
        ),
        (
            {"t": "{texts}", "i": [{"{each image}": 1, "other": 2}]},
            "body.i.0: '{each image}' must be the one field",
        ),
    ],
)
def test_a_wrong_body_is_refused_at_its_place(body: Any, told: str) -> None:
    with pytest.raises(Refused, match=re.escape(told)):
        check_body(body, images=1, inputs=("text", "pixels"))


def test_one_image_has_no_place_beside_several() -> None:
    body = {"i": "{image_base64}", "t": "{texts}"}
    check_body(body, images=1, inputs=("text",))
    with pytest.raises(Refused, match=r"of one image: put it into a list, below '{each image}'"):
        check_body(body, images="all", inputs=("text",))


def test_a_service_that_knows_its_classes_needs_no_texts() -> None:
    check_body({"i": "{image_base64}"}, images=1, inputs=("pixels",))


@pytest.mark.parametrize(("count", "first", "last"), [(26, "A", "Z"), (27, "1", "27")])
def test_options_have_letters_while_there_are_any(count: int, first: str, last: str) -> None:
    marks = marks_of(count, "auto")
    assert (len(marks), marks[0], marks[-1]) == (count, first, last)
    assert marks_of(count, "numbers")[-1] == str(count)


def test_letters_end_with_the_alphabet() -> None:
    with pytest.raises(ValueError, match="letters for 26 options, not for 27"):
        marks_of(27, "letters")


TEMPLATES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.integers()
    | st.lists(
        st.sampled_from(
            ["{model}", "{texts}", "{options}", "{image_base64}", "{{model}}", "{", "}", "{}", "a "]
        ),
        max_size=3,
    ).map("".join),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
        | st.lists(inner.map(lambda one: {"{each text}": [one, "{text}"]}), max_size=2)
    ),
    max_leaves=8,
)


@given(TEMPLATES)
def test_any_body_is_filled(template: Any) -> None:
    whole = {"x": template, "i": "{image_base64}", "t": "{texts}"}
    check_body(whole, images=1, inputs=("text",))
    body = fill(whole)
    assert body["t"] == list(TEXTS)
    for left in ("{texts}", "{options}", "{image_base64}", "{each text}"):
        assert left not in json.dumps(body)
