"""Every registered method and variant passes the contract suite: one class each."""

from dataclasses import fields
from typing import ClassVar

from methods.interface import Problem, PromptSpace
from methods.registry import method_names, variant_names
from querycurve.testing.method_suite import MethodSuite

SMALL_SHARPZO = {"dimension": 6, "population": 4, "most_at_once": 4, "mask_steps": 3}
SMALL_SEARCH = {"text_dimension": 12, "visual_dimension": 6}


class TestZeroShot(MethodSuite):
    name = "zero_shot"


class TestZeroShotEnsemble(MethodSuite):
    name = "zero_shot@ensemble"


class TestZeroShotImagenet80(MethodSuite):
    name = "zero_shot@imagenet-80"


class TestZip(MethodSuite):
    name = "zip"


class TestZipOfOtherParts(MethodSuite):
    name = "zip"
    settings: ClassVar = {
        "matrix": "full",
        "shared": False,
        "projection": "dense",
        "perturbation": "gaussian",
        "optimiser": "spsa-gc",
        "step_schedule": "cosine",
        "smoothing_schedule": "linear",
    }


class TestLogitNewton(MethodSuite):
    name = "logit_newton"
    moves = False


class TestLogitNewtonReadout(MethodSuite):
    name = "logit_newton@readout"


class TestBar(MethodSuite):
    name = "bar"
    settings: ClassVar = {"step_size": 1.0}


class TestBarZipPort(MethodSuite):
    name = "bar@zip-port"
    settings: ClassVar = {"step_size": 1.0}


class TestBlackVip(MethodSuite):
    name = "blackvip"
    budget = 200


class TestBlackVipSe(MethodSuite):
    name = "blackvip_se"
    budget = 200
    settings: ClassVar = {"components": 6}


class TestBbt(MethodSuite):
    name = "bbt"
    settings: ClassVar = {"dimension": 12}


class TestBbtOfOtherParts(MethodSuite):
    name = "bbt"
    settings: ClassVar = {
        "dimension": 12,
        "words": "",
        "context_tokens": 3,
        "fitness_batches": 2,
        "best": "fitness",
    }
    moves = False


class TestBbtCraft(MethodSuite):
    name = "bbt@craft"
    budget = 1500
    settings: ClassVar = {"dimension": 12}


class TestCraft(MethodSuite):
    name = "craft"
    settings: ClassVar = {"dimension": 12}


class TestCraftReleased(MethodSuite):
    name = "craft@released"
    budget = 1500
    settings: ClassVar = {"dimension": 12}


class TestLcs(MethodSuite):
    name = "lcs"


class TestBptVlm(MethodSuite):
    name = "bptvlm"
    settings: ClassVar = SMALL_SEARCH


class TestBptVlmDiagonal(MethodSuite):
    name = "bptvlm"
    settings: ClassVar = {
        **SMALL_SEARCH,
        "covariance": "diagonal",
        "best": "mean",
        "fitness_batches": 1,
    }


class TestBptVlmLast(MethodSuite):
    name = "bptvlm"
    budget = 2000
    settings: ClassVar = {**SMALL_SEARCH, "best": "last", "shared_batches": False}


class TestBptVlmZipPort(MethodSuite):
    name = "bptvlm@zip-port"
    budget = 200
    settings: ClassVar = SMALL_SEARCH


class TestBptVlmOriginal(MethodSuite):
    name = "bptvlm@original"
    budget = 200
    settings: ClassVar = SMALL_SEARCH


class TestZomp(MethodSuite):
    name = "zomp"
    settings: ClassVar = {"step_size": 0.1}


class TestZompOfTheTextTower(MethodSuite):
    name = "zomp"
    settings: ClassVar = {"towers": "text", "step_size": 0.1}


class TestZompInput(MethodSuite):
    name = "zomp@input"
    settings: ClassVar = {"step_size": 0.1}


class TestOnePlusOneEs(MethodSuite):
    name = "one_plus_one_es"
    moves = False


class TestRandomSearch(MethodSuite):
    name = "random_search"
    moves = False


class TestZoContext(MethodSuite):
    name = "zo_context"


class TestZoContextGc(MethodSuite):
    name = "zo_context@gc"


class TestZoContextClip(MethodSuite):
    name = "zo_context@clip"


class TestMeZo(MethodSuite):
    name = "mezo"


class TestSharpZo(MethodSuite):
    name = "sharpzo"
    settings: ClassVar = SMALL_SHARPZO


class TestSharpZoRandomDirections(MethodSuite):
    name = "sharpzo@random-directions"
    settings: ClassVar = SMALL_SHARPZO


class TestSharpZoRho0(MethodSuite):
    name = "sharpzo@rho0"
    settings: ClassVar = SMALL_SHARPZO


class TestSharpZoReleased(MethodSuite):
    name = "sharpzo@released"
    settings: ClassVar = SMALL_SHARPZO


class TestScoreProbe(MethodSuite):
    name = "score_probe"
    draws = False


class TestScoreProbeFeatures(MethodSuite):
    name = "score_probe@features"


class TestTemplateSearch(MethodSuite):
    name = "template_search"
    moves = False


class TestTemplateSearchByAccuracy(MethodSuite):
    name = "template_search"
    settings: ClassVar = {
        "criterion": "accuracy",
        "proposals": tuple(f"{n} {{}}" for n in "abcdefgh"),
    }
    moves = False


class TestTemplateSearchEnsemble(MethodSuite):
    name = "template_search@ensemble"
    moves = False


def test_every_registered_method_and_variant_is_covered() -> None:
    covered = {kind.name for kind in MethodSuite.__subclasses__()}
    assert {*method_names(), *variant_names()} <= covered


def test_a_method_is_told_of_no_images_labels_or_weights() -> None:
    told = {field.name for kind in (Problem, PromptSpace) for field in fields(kind)}
    assert not told & {"images", "labels", "test", "val", "train", "model", "dataset"}
