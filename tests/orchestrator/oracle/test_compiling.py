"""Compiled towers give the same logits; with CUDA graphs too, where there is a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, fx

from methods.interface import DeepPrompts, Prompts
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.clip import ClipOracle, LoadedClip, load_clip
from orchestrator.oracle.compiling import TorchCompiler, as_written, compiler_for
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.ledger import Ledger
from tests.conformance.closeness import assert_same_logits
from tests.conformance.tiny_clip import CONFIG, write_tiny_clip

NAMES = ("cat", "annual crop land", "boeing 747", "x")


class CountingBackend:
    """Compiles to the captured operations, and counts how often."""

    def __init__(self) -> None:
        self.graphs = 0

    def __call__(self, graph: fx.GraphModule, _: list[Tensor]) -> Any:
        self.graphs += 1
        return graph.forward


class OverwritingBackend:
    """Writes all answers of a graph to the same memory, as CUDA graphs do."""

    def __call__(self, graph: fx.GraphModule, _: list[Tensor]) -> Any:
        places: list[Tensor] = []

        def run(*arguments: Any) -> tuple[Tensor, ...]:
            answers = graph.forward(*arguments)
            places.extend(torch.empty_like(answer) for answer in answers[len(places) :])
            for place, answer in zip(places, answers, strict=True):
                place.copy_(answer)
            return tuple(places)

        return run


@pytest.fixture(autouse=True)
def nothing_compiled_before() -> Iterator[None]:
    torch.compiler.reset()
    yield
    torch.compiler.reset()


@pytest.fixture
def clip(tmp_path: Any) -> LoadedClip:
    return load_clip(write_tiny_clip(tmp_path), "fp32", torch.device("cpu"))


@pytest.fixture
def shallow(tmp_path: Any) -> LoadedClip:
    """Towers of one layer, which are compiled in half the time."""
    vision = {**CONFIG["vision_cfg"], "layers": 1}
    written = write_tiny_clip(tmp_path, vision=vision, layers=1)
    return load_clip(written, "fp32", torch.device("cpu"))


def prompts(tokens: int = 3, width: int = 32) -> tuple[Prompts, ...]:
    draw = torch.Generator().manual_seed(0)
    context = torch.randn(2, tokens, width, generator=draw)
    visual = torch.randn(2, 4, width, generator=draw)
    return (
        Prompts(context=context),
        Prompts(context=context, visual_tokens=visual),
        Prompts(templates=("a {}.",), visual_tokens=visual),
        Prompts(
            context=context,
            visual_tokens=visual,
            deep=DeepPrompts(
                torch.randn(2, 1, *context.shape[1:], generator=draw),
                torch.randn(2, 1, *visual.shape[1:], generator=draw),
            ),
        ),
    )


def ask(
    clip: LoadedClip,
    prompt: Prompts,
    images: int = 3,
    names: tuple[str, ...] = NAMES,
    positions: int = 2048,
) -> Tensor:
    draw = torch.Generator().manual_seed(1)
    pixels = torch.randn(images, 3, clip.image_size, clip.image_size, generator=draw)
    batch = Batch(torch.zeros(images, dtype=torch.long), images=pixels)
    oracle = ClipOracle(clip, names, Ledger(), Ledger())
    oracle._text._micro_batches.positions = positions
    oracle._image._micro_batches.positions = positions
    return oracle.query(prompt, batch)


def test_compiled_towers_give_the_same_logits_for_every_kind_of_prompt(clip: LoadedClip) -> None:
    compiled = replace(clip, compiler=TorchCompiler("aot_eager", mode=None))
    for prompt in prompts():
        assert_same_logits(ask(compiled, prompt), ask(clip, prompt))


def test_other_sizes_and_classes_are_right_too(shallow: LoadedClip) -> None:
    compiled = replace(shallow, compiler=TorchCompiler("eager", mode=None))
    for images, names in ((3, NAMES[2:]), (5, NAMES[:2])):
        prompt = prompts(tokens=images)[1]
        found = ask(compiled, prompt, images, names)
        assert_same_logits(found, ask(shallow, prompt, images, names))


def test_the_next_trial_finds_what_was_compiled(shallow: LoadedClip) -> None:
    backend = CountingBackend()
    compiled = replace(shallow, compiler=TorchCompiler(backend, mode=None))
    ask(compiled, prompts()[0], names=NAMES[:2])
    graphs = backend.graphs
    assert graphs >= 3  # the prefix of contexts, the rest of texts, the images
    ask(compiled, prompts()[0], names=NAMES[:2])
    assert backend.graphs == graphs


def test_answers_outlive_the_next_micro_batch(shallow: LoadedClip) -> None:
    compiled = replace(shallow, compiler=TorchCompiler(OverwritingBackend(), mode=None))
    draw = torch.Generator().manual_seed(0)
    prompt = Prompts(context=torch.randn(4, 3, 32, generator=draw))
    names = NAMES[:2]  # each fills a micro-batch
    found = ask(compiled, prompt, images=4, names=names, positions=5)
    assert_same_logits(found, ask(shallow, prompt, images=4, names=names))


@pytest.mark.parametrize(("device", "compiles"), [("cpu", False), ("cuda", True)])
def test_only_what_is_on_a_gpu_is_compiled(
    device: str, compiles: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "gcc")
    compiler = compiler_for(torch.device(device), wanted=True)
    assert isinstance(compiler, TorchCompiler) is compiles
    assert compiler_for(torch.device(device), wanted=False) is as_written


def test_a_gpu_host_without_a_c_compiler_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="Install gcc there, or leave --compile out"):
        compiler_for(torch.device("cuda"), wanted=True)
    assert compiler_for(torch.device("cpu"), wanted=True) is as_written


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")
def test_cuda_graphs_give_the_same_logits_when_they_are_replayed() -> None:
    clip = load_clip(resolve_backbone(Backbone(model="pocket")), "fp32", torch.device("cuda"))
    compiled = replace(clip, compiler=TorchCompiler())
    width = int(clip.model.token_embedding.weight.shape[1])  # type: ignore[union-attr, index, arg-type]
    for prompt in prompts(width=width):
        expected = ask(clip, prompt, 5)
        for _ in range(4):  # warm-up, capture, and replays
            assert_same_logits(ask(compiled, prompt, 5), expected)
