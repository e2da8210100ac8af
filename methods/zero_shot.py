"""Zero-shot: CLIP with hand-written prompts, nothing learned (Radford et al., ICML 2021)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from methods.interface import (
    Access,
    Demand,
    Method,
    Problem,
    Prompts,
    Scores,
    Settings,
    State,
    Variants,
)


class ZeroShotSettings(Settings):
    """Settings of `zero_shot`.

    Attributes:
        templates: `dataset` is the dataset's first template. `ensemble` averages the normalised
            text features of its ensemble: of the ZIP paper's datasets, these are a template of
            their own and CLIP's selection of seven; of ImageNet, the seven alone, as in CoOp's
            code. `imagenet_80` averages those of CLIP's 80 templates for ImageNet.
    """

    templates: Literal["dataset", "ensemble", "imagenet_80"] = "dataset"


class ZeroShot(Method):
    """Answers with the dataset's hand-written prompt and never asks."""

    name = "zero_shot"
    version = 1
    settings_type = ZeroShotSettings
    trains = False
    variants: ClassVar[Variants] = {
        "ensemble": {"templates": "ensemble"},
        "imagenet-80": {"templates": "imagenet_80"},
    }

    def __init__(self, problem: Problem, settings: ZeroShotSettings) -> None:
        if settings.templates == "imagenet_80":
            from open_clip import OPENAI_IMAGENET_TEMPLATES

            self._templates = tuple(template("{}") for template in OPENAI_IMAGENET_TEMPLATES)
        elif settings.templates == "ensemble":
            self._templates = problem.ensemble or problem.templates
        else:
            self._templates = problem.templates[:1]

    @classmethod
    def averages_templates(cls, settings: ZeroShotSettings) -> bool:
        return settings.templates == "ensemble"

    @classmethod
    def access(cls, settings: ZeroShotSettings) -> Access:
        del settings
        return Access(frozenset({"text"}))

    @classmethod
    def demand(cls, problem: Problem, settings: ZeroShotSettings) -> Demand:
        templates = cls(problem, settings).best_prompt().templates or ()
        return Demand(templates=templates, deployed=len(templates))

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
        del state  # there is nothing to restore
