"""How tables group methods: by what they need of a black box, as the methods themselves declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from benchmarks.datasets.class_names import shown
from methods.interface import Access, Input
from methods.registry import method_class
from orchestrator.answers import POOREST

Track = Literal["plain box", "translucent box"]
TRACKS: tuple[Track, ...] = get_args(Track)
"""What is compared within itself alone: marks of the best, ranks and tests never cross tracks."""

TRANSLUCENT: Track = "translucent box"

UNLABELLED = "‡"
"""Marks methods that learn from test images, without their labels."""

UNLABELLED_WORDS = f"{UNLABELLED}: learns from test images, without their labels."

TRANSLUCENT_WORDS = (
    "Methods of inner layers are in a track of their own, the translucent box: no black box lets "
    "them change those. Bold, marks, ranks and tests compare within a track."
)

UNKNOWN = "unknown"

_INPUTS: tuple[Input, ...] = get_args(Input)


def declared_access(method: str, settings: Mapping[str, Any]) -> Access | None:
    """What a method with some settings declares.

    Returns:
        None for methods and settings that this release doesn't know: stores outlive releases.
    """
    try:
        kind = method_class(method)
        return kind.access(kind.settings_type.model_validate(dict(settings)))
    except ValueError:
        return None


def access_words(access: Access | None) -> str:
    """The group of a method in words, such as `soft context + visual tokens with readout`."""
    if access is None:
        return UNKNOWN
    if access.track == TRANSLUCENT:  # who can change hidden states can change all before them
        inputs = "inner layers"
    else:
        # Every service takes strings, so beside other inputs they go without saying.
        inputs = " + ".join(_INPUTS[place] for place in sorted(_places(access)) if place)
    return f"{inputs or 'strings'}{' with readout' if access.readout else ''}"


def least_answers(labels: Mapping[str, Access | None]) -> list[str]:
    """A sentence on the methods that can't learn from labels alone, for each answer they need."""
    found: dict[str, list[str]] = {}
    for label, access in labels.items():
        if access is not None and access.answer != "label":
            found.setdefault(POOREST[access.answer], []).append(label)
    return [
        f"{shown(members)} can't learn from labels alone: give answers of {least} or more."
        for least, members in found.items()
    ]


def group_title(access: Access | None) -> str:
    """The group of a method with its track, where that isn't the usual one."""
    track = track_of(access)
    return f"{access_words(access)} ({track})" if track == TRANSLUCENT else access_words(access)


def hardness(access: Access | None) -> tuple[int | bool, ...]:
    """Orders groups from what every service takes to what none does; unknown ones come last."""
    if access is None:
        return (len(_INPUTS),)
    if access.track == TRANSLUCENT:
        return (len(_INPUTS) - 1, access.readout)
    hardest_first = sorted(_places(access), reverse=True) or [0]
    return (hardest_first[0], len(hardest_first), *hardest_first, access.readout)


def track_of(access: Access | None) -> Track:
    """The track of a method; what is not known is compared with the plain ones."""
    return "plain box" if access is None else access.track


def marked(label: str, access: Access | None) -> str:
    """A label, with a mark if its method learns from unlabelled test images."""
    return f"{label}{UNLABELLED}" if access and access.unlabelled_test_images else label


def grouped(labels: Mapping[str, Access | None]) -> dict[str, list[str]]:
    """Labels by what their methods need, from what every service takes to what none does."""
    found: dict[str, list[str]] = {}
    for label in sorted(labels, key=lambda one: hardness(labels[one])):
        found.setdefault(group_title(labels[label]), []).append(label)
    return found


def _places(access: Access) -> set[int]:
    """Places of the inputs in their order; strings count only where nothing else does."""
    places = {_INPUTS.index(one) for one in access.inputs}
    return places - {0} or places
