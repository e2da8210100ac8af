"""Sentences about pictures: templates and synonyms, now and then a wrong word."""

from collections.abc import Sequence

import numpy as np

from benchmarks.pocket.build.generator.canvas import choose
from benchmarks.pocket.build.generator.facts import (
    Facts,
    Landscape,
    Surface,
    Things,
    Writing,
)
from benchmarks.pocket.build.generator.shapes import SHAPES
from benchmarks.pocket.build.generator.textures import TEXTURES
from benchmarks.pocket.numerals import NUMERALS

WRONG = 0.03
"""Share of captions that name the wrong shape or texture, as captions from the web do."""

_COLOURS = {
    "red": ("red", "crimson", "scarlet"),
    "orange": ("orange", "amber"),
    "yellow": ("yellow", "golden"),
    "green": ("green", "emerald"),
    "cyan": ("cyan", "turquoise", "teal"),
    "blue": ("blue", "navy"),
    "purple": ("purple", "violet"),
    "pink": ("pink", "rose"),
    "brown": ("brown", "chocolate"),
    "black": ("black", "dark"),
    "white": ("white", "pale"),
    "gray": ("gray", "grey", "silver"),
}
_SHAPES = {
    "circle": ("circle", "disc", "ball"),
    "square": ("square", "box"),
    "triangle": ("triangle", "pyramid"),
    "star": ("star",),
    "cross": ("cross", "plus sign"),
    "diamond": ("diamond", "kite"),
    "heart": ("heart",),
    "ring": ("ring", "donut"),
    "hexagon": ("hexagon", "nut"),
    "moon": ("moon", "crescent"),
    "arrow": ("arrow",),
    "flower": ("flower", "blossom"),
}
_TEXTURES = {
    "striped": ("striped", "lined", "banded"),
    "dotted": ("dotted", "spotted"),
    "checkered": ("checkered", "chequered"),
    "zigzag": ("zigzag", "zigzagged"),
    "grid": ("grid", "meshed"),
    "wavy": ("wavy", "rippled"),
    "grainy": ("grainy", "sandy", "noisy"),
    "cracked": ("cracked", "veined"),
    "bubbly": ("bubbly", "foamy"),
    "spiral": ("spiral", "swirly"),
    "smooth": ("smooth", "gradient", "blurry"),
    "woven": ("woven", "knitted"),
}
_PLACES = {
    "forest": ("forest", "trees", "jungle"),
    "river": ("river", "stream"),
    "lake": ("lake", "pond"),
    "highway": ("highway", "road"),
    "field": ("field", "crops", "farm"),
    "city": ("city", "buildings", "houses"),
    "desert": ("desert", "dunes"),
    "beach": ("beach", "coast"),
    "island": ("island",),
    "mountain": ("mountain", "snow", "peak"),
}
_STYLES = {
    "plain": ("photo", "picture", "image", "snapshot"),
    "sketch": ("sketch", "drawing", "outline"),
    "noisy": ("noisy photo", "static photo"),
    "blurred": ("blurred photo", "soft photo"),
    "inverted": ("negative", "inverted photo"),
    "dark": ("night photo", "dim photo"),
    "faded": ("faded photo", "overexposed photo"),
    "monochrome": ("monochrome photo", "old photo"),
}
_BACKGROUNDS = {
    "plain": "plain",
    "gradient": "shaded",
    "noise": "cloudy",
    "clutter": "messy",
    "texture": "patterned",
}
_WHERE = {
    "left": " on the left",
    "right": " on the right",
    "top": " at the top",
    "bottom": " at the bottom",
    "middle": " in the middle",
}
_LEADS = (
    "a {} of ", "a {} of ", "the {} of ", "{} of ", "", "this is ", "there is ",
    "a {} showing ", "my {} of ",
)  # fmt: skip


def caption(rng: np.random.Generator, facts: Facts) -> str:
    """One of the many things that may be said of a picture."""
    says_style = facts.style == "plain" or rng.random() < 0.6
    style = choose(rng, _STYLES[facts.style if says_style else "plain"])
    lead = choose(rng, _LEADS).format(style)
    end = "." if rng.random() < 0.5 else ""
    return (lead + _subject(rng, facts) + end).strip()


def _subject(rng: np.random.Generator, facts: Facts) -> str:
    match facts:
        case Things():
            return _things(rng, facts)
        case Writing():
            return _writing(rng, facts)
        case Surface():
            return _surface(rng, facts)
        case Landscape():
            return _landscape(rng, facts)


def _word(rng: np.random.Generator, synonyms: Sequence[str]) -> str:
    """The first synonym most of the time."""
    return synonyms[0] if rng.random() < 0.6 else choose(rng, synonyms)


def _maybe_wrong(rng: np.random.Generator, right: str, options: Sequence[str]) -> str:
    return choose(rng, options) if rng.random() < WRONG else right


def _plural(word: str) -> str:
    return word + ("es" if word.endswith(("s", "x")) else "s")


def _things(rng: np.random.Generator, facts: Things) -> str:
    shape = _word(rng, _SHAPES[_maybe_wrong(rng, facts.shape, SHAPES)])
    colour = _word(rng, _COLOURS[facts.colour])
    if facts.count > 1 or rng.random() < 0.12:
        text = _counted(rng, facts.count, shape, colour)
    else:
        text = _described(rng, facts, shape, colour)
    if facts.count == 1 and rng.random() < 0.25:
        text += _WHERE[facts.position]
    if rng.random() < 0.3:
        text += _behind(rng, facts)
    return text


def _counted(rng: np.random.Generator, count: int, shape: str, colour: str) -> str:
    number = NUMERALS[count] if rng.random() < 0.85 else str(count)
    words = [number, colour] if rng.random() < 0.45 else [number]
    several = count > 1
    if rng.random() < 0.75:
        noun = _plural(shape) if several else shape
    else:
        noun = choose(rng, ("things", "objects", "items")) if several else "object"
    return " ".join([*words, noun])


def _described(rng: np.random.Generator, facts: Things, shape: str, colour: str) -> str:
    words = ["a"]
    if rng.random() < 0.35:
        words.append(facts.size)
    if rng.random() < 0.7:
        words.append(colour)
    if facts.fill != "plain" and rng.random() < 0.6:
        words.append(_word(rng, _TEXTURES[facts.fill]))
    words.append(shape if rng.random() < 0.93 else choose(rng, ("thing", "object")))
    return " ".join(words)


def _behind(rng: np.random.Generator, facts: Things) -> str:
    options = (" on a {c} background", " on {c}", " over a {b} {c} background",
               " on a {b} background")  # fmt: skip
    colour = _word(rng, _COLOURS[facts.background_colour])
    return choose(rng, options).format(c=colour, b=_BACKGROUNDS[facts.background])


def _writing(rng: np.random.Generator, facts: Writing) -> str:
    colour = _word(rng, _COLOURS[facts.colour])
    if facts.glyph.isdigit():
        word = NUMERALS[int(facts.glyph)] if rng.random() < 0.6 else facts.glyph
        options: tuple[str, ...] = (
            "the number {w}", "the digit {w}", "a {c} number {w}", "a {c} {w}",
            "a handwritten {w}", "a sign with the number {w}", "a {w}",
        )  # fmt: skip
    else:
        word = facts.glyph
        options = ("the letter {w}", "a {c} letter {w}", "a handwritten {w}",
                   "a sign with the letter {w}")  # fmt: skip
    text = choose(rng, options).format(w=word, c=colour)
    if rng.random() < 0.2:
        text += f" on a {_word(rng, _COLOURS[facts.background_colour])} background"
    return text


def _surface(rng: np.random.Generator, facts: Surface) -> str:
    texture = _word(rng, _TEXTURES[_maybe_wrong(rng, facts.texture, TEXTURES)])
    options = ("a {t} texture", "a {t} surface", "{t} fabric", "a {c} {t} pattern",
               "a {c} and {d} {t} pattern", "something {t}", "a {t} wall")  # fmt: skip
    return choose(rng, options).format(
        t=texture,
        c=_word(rng, _COLOURS[facts.colour]),
        d=_word(rng, _COLOURS[facts.other_colour]),
    )


def _landscape(rng: np.random.Generator, facts: Landscape) -> str:
    options = ("a {p}", "{p}", "{p} from above", "an aerial view of {p}",
               "{p} seen from a satellite", "a {p} landscape")  # fmt: skip
    return choose(rng, options).format(p=_word(rng, _PLACES[facts.place]))
