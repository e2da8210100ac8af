"""The body of a request: JSON whose texts hold placeholders.

Anywhere in a text: `{model}`, `{n_classes}`, `{options}` (a line for each option), and `{texts}`,
`{classes}`, `{marks}`, `{image_data_urls}`, `{images_base64}`, which are lists where they are the
whole text, and have commas between their entries otherwise. Where a request has one image, and in a
part for each image: `{image_data_url}` and `{image_base64}`. In a part for each text: `{text}`,
`{class}`, `{mark}` and `{index}`.

In a list, a mapping whose one field is `{each image}` or `{each text}` stands for as many entries
as there are images or classes. `{{word}}` is written for a `{word}` that is no placeholder.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.naming import did_you_mean
from orchestrator.oracle.remote.adapters.images import SentImage
from orchestrator.oracle.remote.adapters.options import option_lines
from orchestrator.reading.validation import Refused

EACH_IMAGE = "{each image}"
EACH_TEXT = "{each text}"
ALWAYS = (
    "model",
    "n_classes",
    "options",
    "texts",
    "classes",
    "marks",
    "image_data_urls",
    "images_base64",
)
OF_AN_IMAGE = ("image_data_url", "image_base64")
OF_A_TEXT = ("text", "class", "mark", "index")
_WORD = re.compile(r"\{\{(?P<literal>[a-z_0-9]+)\}\}|\{(?P<name>[a-z_0-9]+)\}")


@dataclass(frozen=True)
class Filling:
    """What stands for the placeholders of a request.

    Attributes:
        model: the service's name of it.
        images: in this request.
        classes: the C class names.
        texts: what is asked about each class.
        marks: of the options.
    """

    model: str
    images: Sequence[SentImage]
    classes: Sequence[str]
    texts: Sequence[str]
    marks: Sequence[str]

    def values(self) -> dict[str, Any]:
        """Values of the placeholders that may stand anywhere, as far as they are cheap."""
        return {
            "model": self.model,
            "n_classes": len(self.classes),
            "options": "\n".join(option_lines(self.marks, self.texts)),
            "texts": list(self.texts),
            "classes": list(self.classes),
            "marks": list(self.marks),
        }


def filled(template: Any, filling: Filling) -> Any:
    """The body of a request.

    Args:
        template: as `check_body` accepts it.
        filling: what stands for its placeholders.
    """
    values = _Values(filling.values(), filling)
    if len(filling.images) == 1:
        values = values.with_image(filling.images[0])
    return values.fill(template)


def check_body(template: Any, *, images: int | str, inputs: Sequence[str]) -> None:
    """Checks the placeholders of a body.

    Args:
        template: the body.
        images: in one request.
        inputs: what the service takes.

    Raises:
        Refused: a placeholder is unknown or has no value at its place, or images or texts are sent
            nowhere.
    """
    found = set(_used(template, ("body",), ALWAYS + (OF_AN_IMAGE if images == 1 else ())))
    if not found & {*OF_AN_IMAGE, "image_data_urls", "images_base64"}:
        raise Refused("body: it sends no image: put {image_data_url} or {image_base64} into it")
    if "text" in inputs and not found & {"text", "texts", "options"}:
        raise Refused(
            "body: it sends no texts of the classes: put {texts} or {options} into it, or a list "
            "with {each text}; if the service knows its classes, say inputs: [pixels]"
        )


@dataclass(frozen=True)
class _Values:
    """Values of placeholders at some place of a body."""

    known: Mapping[str, Any]
    filling: Filling

    def with_image(self, image: SentImage) -> "_Values":
        return _Values({**self.known, "the image": image}, self.filling)

    def fill(self, template: Any) -> Any:
        if isinstance(template, str):
            return self._text(template)
        if isinstance(template, dict):
            return {name: self.fill(value) for name, value in template.items()}
        if isinstance(template, list):
            return [one for entry in template for one in self._entries(entry)]
        return template

    def _entries(self, entry: Any) -> Iterator[Any]:
        """What an entry of a list stands for."""
        kind, inner = _repeated(entry)
        if kind == EACH_IMAGE:
            for image in self.filling.images:
                yield self.with_image(image).fill(inner)
        elif kind == EACH_TEXT:
            marked = zip(self.filling.texts, self.filling.classes, self.filling.marks, strict=True)
            for index, (text, name, mark) in enumerate(marked):
                own = {"text": text, "class": name, "mark": mark, "index": index}
                yield _Values({**self.known, **own}, self.filling).fill(inner)
        else:
            yield self.fill(entry)

    def _text(self, text: str) -> Any:
        whole = _WORD.fullmatch(text)
        if whole is not None and whole["name"]:
            return self._value(whole["name"])
        return _WORD.sub(self._inline, text)

    def _inline(self, found: re.Match[str]) -> str:
        if found["literal"]:
            return f"{{{found['literal']}}}"
        value = self._value(found["name"])
        return ", ".join(value) if isinstance(value, list) else str(value)

    def _value(self, name: str) -> Any:
        if name in OF_AN_IMAGE:
            image: SentImage = self.known["the image"]
            return image.data_url if name == "image_data_url" else image.base64
        if name == "image_data_urls":
            return [one.data_url for one in self.filling.images]
        if name == "images_base64":
            return [one.base64 for one in self.filling.images]
        return self.known[name]


def _repeated(entry: Any) -> tuple[str, Any]:
    """Which block an entry of a list is, and what it repeats."""
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, inner),) = entry.items()
        if name in (EACH_IMAGE, EACH_TEXT):
            return name, inner
    return "", entry


def _used(template: Any, place: tuple[str, ...], known: tuple[str, ...]) -> Iterator[str]:
    """The placeholders in a part of a body.

    Raises:
        Refused: one is unknown, or a block stands where it can't be.
    """
    if isinstance(template, str):
        yield from _words(template, place, known)
    elif isinstance(template, dict):
        for name, value in template.items():
            if name.strip().startswith("{each"):
                raise Refused(_misplaced(name, place))
            yield from _used(value, (*place, name), known)
    elif isinstance(template, list):
        for number, entry in enumerate(template):
            kind, inner = _repeated(entry)
            more = {EACH_IMAGE: OF_AN_IMAGE, EACH_TEXT: OF_A_TEXT}.get(kind, ())
            inside = (*place, str(number), *((kind,) if kind else ()))
            yield from _used(inner, inside, (*known, *more))


def _words(text: str, place: tuple[str, ...], known: tuple[str, ...]) -> Iterator[str]:
    for found in _WORD.finditer(text):
        name = found["name"]
        if name is None:
            continue
        if name not in known:
            raise Refused(f"{'.'.join(place)}: {_unknown(name, known)}")
        yield name


def _unknown(name: str, known: tuple[str, ...]) -> str:
    if name in OF_AN_IMAGE:
        return f"{{{name}}} is of one image: put it into a list, below {EACH_IMAGE!r}"
    if name in OF_A_TEXT:
        return f"{{{name}}} is of one text: put it into a list, below {EACH_TEXT!r}"
    return (
        f"unknown placeholder {{{name[:40]}}}. {did_you_mean(name, known)} For the text itself, "
        f"write {{{{{name[:40]}}}}}"
    )


def _misplaced(name: str, place: tuple[str, ...]) -> str:
    if name in (EACH_IMAGE, EACH_TEXT):
        return f"{'.'.join(place)}: {name!r} must be the one field of an entry in a list"
    near = did_you_mean(name, (EACH_IMAGE, EACH_TEXT))
    return f"{'.'.join(place)}: unknown block {name[:40]!r}. {near}"
