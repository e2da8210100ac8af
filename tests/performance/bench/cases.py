"""One query of each method, the naive way and the oracle's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from methods.interface import ImageEncoder, Method, Problem, PromptSpace
from methods.registry import method_class
from orchestrator.oracle.clip import ClipOracle
from orchestrator.oracle.compiling import Compiler, as_written
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.loading import round_factors
from orchestrator.oracle.mae_encoder import MaeEncoder
from orchestrator.precision import Precision
from tests.performance.bench import models
from tests.performance.bench.naive import Naive

NAMES = ("cat", "annual crop land", "boeing 747", "rose", "sea or lake", "forget me not", "bus")
"""About as many tokens a class as the benchmark's datasets have: four with full stop and end."""
TEMPLATE = "a photo of a {}."


@dataclass(frozen=True)
class Case:
    """What is compared.

    Attributes:
        method: the method's name.
        classes: number of classes C.
        precision: the oracle's; the naive computation is always in fp32.
        views: whether images were encoded ahead, as with the setting `views`.
        compiled: whether the oracle's towers are compiled.
    """

    method: str
    classes: int
    precision: Precision = "fp32"
    views: bool = False
    compiled: bool = False

    @property
    def title(self) -> str:
        """Method and what is special about its oracle."""
        special = " views" * self.views + " compiled" * self.compiled
        return f"{self.method} {self.precision}{special}"

    @property
    def as_written(self) -> Case:
        """The same without a compiler."""
        return replace(self, compiled=False)


@dataclass(frozen=True)
class Sides:
    """The same query twice.

    Attributes:
        naive: one query, always in fp32.
        oracle: one step of the method, `queries` of them, on a mini-batch that is new to it.
        queries: candidates of a step.
    """

    naive: Callable[[], object]
    oracle: Callable[[], object]
    queries: int


def sides(
    case: Case, batch: int, layers: int, device: torch.device, compiler: Compiler = as_written
) -> Sides:
    """Both computations on the same images and classes; `compiler` is for compiled cases."""
    plain = models.clip(layers, "fp32", device)
    fast = plain if case.precision == "fp32" else models.clip(layers, case.precision, device)
    if case.compiled:
        fast = replace(fast, compiler=compiler)
    names = tuple(f"{NAMES[i % len(NAMES)]}{i // len(NAMES) or ''}" for i in range(case.classes))
    oracle = ClipOracle(fast, names, Ledger(), Ledger())
    torch.manual_seed(1)
    encoder = models.mae(layers, device) if case.method == "blackvip" else None
    method = _method(case, oracle, encoder)
    size = method.image_size(oracle.space, settings_of(case.method))
    whole = torch.randn(batch, 3, models.IMAGE_SIZE, models.IMAGE_SIZE).to(device)
    images = whole[..., :size, :size]
    labels = torch.zeros(batch, dtype=torch.long)
    ahead = oracle.encode_images(whole) if case.views else None

    def step() -> Tensor:
        prompts = method.ask()
        # Nothing that was computed of the same images before may be found again.
        new = Batch(labels, images=images.view_as(images), features=ahead)
        round_factors(case.precision)
        return oracle.query(prompts, new)  # type: ignore[arg-type]

    naive = Naive(plain.model, _ids(plain.tokenizer, method, names).to(device), whole)
    query = _naive_query(naive, method, images, encoder)

    def exact() -> object:
        round_factors("fp32")
        return query()

    return Sides(exact, step, _queries(method))


def _naive_query(
    naive: Naive, method: Method, images: Tensor, encoder: MaeEncoder | None
) -> Callable[[], object]:
    prompts = method.ask()
    if prompts is None:
        raise ValueError(f"{method.name} asks nothing")
    if prompts.pixels is not None:
        with torch.inference_mode():
            text = naive.fixed_text()
            prompts.pixels.apply(images, 0)  # what it computes once is paid for by `encoder`
        return partial(naive.pixels, text, prompts.pixels, images, encoder)
    if prompts.context is None:
        raise ValueError(f"{method.name} prompts neither text nor pixels")
    device = naive.images.device
    context = prompts.context[0].to(device)
    if prompts.visual_tokens is None:
        return partial(naive.soft_text, context)
    return partial(naive.both_towers, context, prompts.visual_tokens[0].to(device))


def _method(case: Case, oracle: ClipOracle, encoder: MaeEncoder | None) -> Method:
    kind = method_class(case.method)
    return kind(problem(case, oracle.space, encoder), settings_of(case.method))


def problem(case: Case, space: PromptSpace, encoder: ImageEncoder | None) -> Problem:
    """What a method is told of a case."""
    return Problem(
        space=space,
        classes=case.classes,
        templates=(TEMPLATE,),
        batches_per_epoch=4,
        budget=5000,
        seed=1,
        encoder=encoder,
    )


def settings_of(name: str) -> object:
    """A method's default settings; its encoder, if it has one, is untrained."""
    settings = {"encoder": "random"} if name == "blackvip" else {}
    return method_class(name).settings_type.model_validate(settings)


def _queries(method: Method) -> int:
    prompts = method.ask()
    return 0 if prompts is None else prompts.count


def _ids(
    tokenizer: Callable[[list[str]], Tensor], method: Method, names: tuple[str, ...]
) -> Tensor:
    prompts = method.ask()
    context = None if prompts is None else prompts.context
    if context is None:
        return tokenizer([TEMPLATE.replace("{}", name) for name in names])
    holders = " ".join(["X"] * context.shape[1])
    return tokenizer([f"{holders} {name}." for name in names])
