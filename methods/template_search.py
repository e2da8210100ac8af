"""Template search: strings only, by successive halving and edits of what was found.

In the spirit of LLM-Opt (Liu et al., CVPR 2024), which shows a language model the best and the
worst templates and asks for a new one; here the edits are made without one, or a file of proposals
that any model wrote is searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import ClassVar, Literal

from pydantic import Field

from methods.interface import (
    Access,
    Demand,
    Ensemble,
    Method,
    Named,
    Problem,
    Prompts,
    Scores,
    Settings,
    State,
    Variants,
)
from methods.lazy_torch import Tensor, torch
from methods.parts.losses import cross_entropy, measured
from methods.parts.seeding import generator
from methods.parts.template_bank import Template, bank, fits, longest, ordered
from methods.parts.template_edits import edits

_SHOWN = 3
"""Best and worst templates that edits are made of, as many as LLM-Opt shows."""
_TRIES = 50
"""Edits drawn for each one that is wanted: many are known already, or too long."""


class TemplateSearchSettings(Settings):
    """Settings of `template_search`.

    Attributes:
        proposals: templates that replace the bank, such as a language model writes; a spec may give
            the path of a file with one in each line. None searches the bank.
        first: templates of the first round, all from the bank; fewer where they would cost more
            than a quarter of the budget on the first mini-batch.
        edits: templates of a later round: half of them from what the bank has left, the others
            edits; edits alone once nothing is left.
        deployed: the best M templates are deployed, as an ensemble; a test image costs M queries.
        criterion: what templates are compared by on the training images: mean cross-entropy
            (`loss`), or `accuracy`.
    """

    proposals: tuple[Template, ...] | None = Field(default=None, min_length=1)
    first: int = Field(default=32, ge=2)
    edits: int = Field(default=16, ge=1, le=1_000)
    deployed: int = Field(default=1, ge=1)
    criterion: Literal["loss", "accuracy"] = "loss"


class TemplateSearch(Method):
    """One round: templates are compared on mini-batch after mini-batch, and the worse drop out.

    All of a round are asked about the first mini-batch; the better half about the second, of these
    the better half about the next two, the better half about the next four, and so on, until what
    is left has seen every training image. Mini-batches are fixed parts of the training set, images
    as testing would see them: what is known of a template on an image never changes, and is never
    asked again. The first round has templates of the bank, later ones edits as well.

    Deployed are the best on the training set; while no template has seen all of it, the best of
    those that have seen most.
    """

    name = "template_search"
    version = 1
    settings_type = TemplateSearchSettings
    variants: ClassVar[Variants] = {"ensemble": {"deployed": 4}}

    def __init__(self, problem: Problem, settings: TemplateSearchSettings) -> None:
        self._problem, self._settings = problem, settings
        self._bank = ordered(bank(problem, settings.proposals), problem.seed)
        self._chunks = problem.whole_set()
        self._templates: list[str] = []
        self._costs = torch.zeros(0, dtype=torch.float64)
        self._seen = torch.zeros(0, dtype=torch.long)
        self._rounds = self._spent = self._asked = 0
        self._active: list[int] = []
        self._begin(list(self._bank[: _first(len(self._bank), problem, settings)]))

    @classmethod
    def access(cls, settings: TemplateSearchSettings) -> Access:
        del settings
        return Access(frozenset({"text"}))

    @classmethod
    def demand(cls, problem: Problem, settings: TemplateSearchSettings) -> Demand:
        known = bank(problem, settings.proposals)
        first = _first(len(known), problem, settings)
        return Demand(first, templates=longest(known, problem), deployed=settings.deployed)

    @classmethod
    def step_queries(cls, settings: TemplateSearchSettings, demand: Demand, size: object) -> int:
        """Two: the dataset's own template and another one, on one mini-batch."""
        del settings, size
        return min(2, demand.candidates)

    def ask(self) -> Prompts | None:
        self._trim()
        if not self._active:
            return None
        asked = [Ensemble((self._templates[one],)) for one in self._active]
        return Prompts(ensembles=tuple(asked))

    def images(self) -> Named:
        return Named(self._chunks[self._asked])

    def tell(self, scores: Scores) -> Mapping[str, float]:
        losses = cross_entropy(scores.logits.double(), scores.labels).cpu()
        self._spent += len(self._active)
        images = len(scores.labels)
        active = torch.tensor(self._active)
        costs = losses if self._settings.criterion == "loss" else _errors(scores)
        self._costs = self._costs.index_add(0, active, images * costs)
        self._seen = self._seen.index_add(0, active, torch.full_like(active, images))
        self._asked += 1
        if self._asked == len(self._chunks):
            self._rounds += 1
            self._begin(self._proposed())
        elif self._asked & (self._asked - 1) == 0:
            self._active = self._ranked(self._active)[: (len(self._active) + 1) // 2]
        return measured(losses, scores)

    def best_prompt(self) -> Prompts:
        most = int(self._seen.max())
        known = [one for one, seen in enumerate(self._seen.tolist()) if seen == most]
        best = self._ranked(known)[: self._settings.deployed] if most else [0]
        return Prompts(ensembles=(Ensemble(tuple(self._templates[one] for one in best)),))

    def state(self) -> State:
        values = {
            "templates": list(self._templates),
            "active": list(self._active),
            "rounds": self._rounds,
            "spent": self._spent,
            "asked": self._asked,
        }
        return State({"costs": self._costs, "seen": self._seen}, values)

    def load(self, state: State) -> None:
        self._costs = state.tensors["costs"].clone()
        self._seen = state.tensors["seen"].clone()
        self._templates = list(state.values["templates"])
        self._active = [int(one) for one in state.values["active"]]
        self._rounds = int(state.values["rounds"])
        self._spent = int(state.values["spent"])
        self._asked = int(state.values["asked"])

    def _begin(self, templates: list[str]) -> None:
        """Begins a round with templates that were not asked before."""
        self._active = list(range(len(self._templates), len(self._templates) + len(templates)))
        self._templates += templates
        self._costs = torch.cat([self._costs, torch.zeros(len(templates), dtype=torch.float64)])
        self._seen = torch.cat([self._seen, torch.zeros(len(templates), dtype=torch.long)])
        self._asked = 0

    def _trim(self) -> None:
        """Keeps no more templates than there are queries left for, the best ones."""
        left = self._problem.budget - self._spent
        if left < len(self._active):
            kept = self._ranked(self._active) if self._asked else self._active
            self._active = kept[: max(0, left)]

    def _proposed(self) -> list[str]:
        """Templates of the next round: no more than can all be compared on the whole set."""
        count = self._settings.edits
        while count and _round_cost(count, len(self._chunks)) > self._problem.budget - self._spent:
            count -= 1
        known = set(self._templates)
        fresh = [one for one in self._bank if one not in known][: (count + 1) // 2]
        edited = (one for one in self._edited() if one not in fresh)
        return list(dict.fromkeys([*fresh, *islice(edited, count - len(fresh))]))

    def _edited(self) -> Iterator[str]:
        """Edits that are new and fit."""
        ranked = self._ranked(list(range(len(self._templates))))
        most = self._seen.max()
        best = [self._templates[one] for one in ranked if self._seen[one] == most][:_SHOWN]
        worst = [self._templates[one] for one in ranked[-_SHOWN:]]
        draw = generator(self._problem.seed, self.name, "edits", self._rounds)
        known = set(self._templates)
        for one in islice(edits(best, worst, draw), _TRIES * self._settings.edits):
            if one not in known and fits(one, self._problem):
                known.add(one)
                yield one

    def _ranked(self, which: list[int]) -> list[int]:
        """Templates from the best to the worst mean over the images that each has seen."""
        means = (self._costs / self._seen.clamp(min=1)).tolist()
        return sorted(which, key=lambda one: (self._seen[one] == 0, means[one], one))


def _first(known: int, problem: Problem, settings: TemplateSearchSettings) -> int:
    """Templates of the first round, of those in the bank."""
    affordable = max(2, problem.budget // 4)
    return min(known, settings.first, affordable)


def _round_cost(templates: int, chunks: int) -> int:
    """Queries of a round."""
    cost, active = 0, templates
    for done in range(1, chunks + 1):
        cost += active
        if done & (done - 1) == 0:
            active = (active + 1) // 2
    return cost


def _errors(scores: Scores) -> Tensor:
    """Share `(K,)` of images that each candidate has wrong, float64, on the CPU."""
    wrong = scores.logits.argmax(dim=-1) != scores.labels
    return wrong.double().mean(dim=-1).cpu()
