"""A plan counts the texts of a query as a service will that charges for them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from methods.interface import Demand, Ensemble, Prompts
from orchestrator.answers import ALL
from orchestrator.cell import Cell
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.remote.request import Images, Question
from orchestrator.oracle.text.lengths import TextLengths
from orchestrator.plan.box_facts import LoadedFacts
from orchestrator.plan.measured import TextTokens, texts_are_known
from orchestrator.server.text_tokens import TextTokens as ChargedTokens
from tests.orchestrator.plan.test_planner import plan_of

MODEL = LoadedFacts(resolve_backbone(Backbone(model="pocket")))
WORDS = TextLengths(resolve_backbone(Backbone(model="pocket")))
PLANNED, CHARGED = TextTokens(MODEL.counts), ChargedTokens(WORDS)
OWN = ("a photo of a {}.",)

names = st.lists(st.sampled_from(["dot", "two dots", "no dot at all"]), min_size=1, unique=True)
templates = st.lists(st.sampled_from(["{}.", "a {}.", "the {}, drawn"]), min_size=1, unique=True)


def charged(classes: list[str], prompts: Prompts) -> int:
    images = Images(plain=torch.zeros(1, 3, 4, 4, dtype=torch.uint8))
    return CHARGED.of(Question("one", tuple(classes), prompts, images, ALL))


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cell]:
    folder: Path = tmp_path_factory.mktemp("cells")
    chosen = ("datasets=[pocket_dots]", "seeds=[1]", "methods=[zero_shot, zip, template_search]")
    return {cell.label: cell.cell for cell in plan_of(folder, *chosen)[0].cells}


@given(classes=names, context=st.integers(1, 9), candidates=st.integers(1, 4))
def test_a_soft_context_is_read_before_each_class_name(
    cells: dict[str, Cell], classes: list[str], context: int, candidates: int
) -> None:
    demand = Demand(candidates, soft_text=True, context_tokens=context)
    prompts = Prompts(context=torch.zeros(candidates, context, 2))
    each = PLANNED.of(cells["zip"], demand, OWN, classes)
    assert candidates * each == charged(classes, prompts)


@given(classes=names, asked=templates)
def test_the_templates_of_an_ensemble_are_read_one_a_query(
    cells: dict[str, Cell], classes: list[str], asked: list[str]
) -> None:
    demand = Demand(templates=tuple(asked), deployed=len(asked))
    each = PLANNED.of(cells["zero_shot"], demand, OWN, classes)
    assert len(asked) * each == pytest.approx(charged(classes, Prompts(templates=tuple(asked))))
    ensemble = Prompts(ensembles=(Ensemble(tuple(asked)),))
    assert len(asked) * each == pytest.approx(charged(classes, ensemble))


def test_a_search_among_strings_reads_about_what_the_own_template_is(
    cells: dict[str, Cell],
) -> None:
    searching = Demand(8, templates=("the longest of all templates that there are {}.",))
    assert not texts_are_known(cells["template_search"], searching)
    assert texts_are_known(cells["zero_shot"], Demand(templates=OWN))
    assert texts_are_known(cells["zip"], Demand(8, soft_text=True))
    found = PLANNED.of(cells["template_search"], searching, OWN, ["dot"])
    assert found == charged(["dot"], Prompts(templates=OWN))
