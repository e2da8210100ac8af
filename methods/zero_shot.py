"""Zero-shot CLIP: a hand-written prompt, nothing learned (Radford et al., ICML 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from methods.interface import Method, Problem, Prompts, Scores, Settings, State


class ZeroShotSettings(Settings):
    """Settings of `zero_shot`.

    Attributes:
        templates: `dataset` is the dataset's own template; `ensemble` averages the normalised text
            features of all its templates.
    """

    templates: Literal["dataset", "ensemble"] = "dataset"


class ZeroShot(Method):
    """Answers with the dataset's hand-written prompt and never asks."""

    name = "zero_shot"
    version = 1
    settings_type = ZeroShotSettings
    trains = False

    def __init__(self, problem: Problem, settings: ZeroShotSettings) -> None:
        ensemble = settings.templates == "ensemble"
        self._templates = problem.templates if ensemble else problem.templates[:1]

    def ask(self) -> None:
        return None

    def tell(self, scores: Scores) -> Mapping[str, float]:
        del scores
        raise RuntimeError("zero_shot never asks, so there is nothing to tell it")

    def best_prompt(self) -> Prompts:
        return Prompts(templates=self._templates)

    def state(self) -> State:
        return State()

    def load(self, state: State) -> None:
        del state  # there is nothing to remember
