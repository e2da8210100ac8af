"""Descent of a raw soft context along zeroth-order estimates: what methods of that kind share."""

from __future__ import annotations

from collections.abc import Mapping

from methods.interface import Problem, Prompts, Scores, State
from methods.parts.checks import stored_parameters
from methods.parts.losses import cross_entropy, measured
from methods.parts.raw_context import RawContext, RawContextSettings
from methods.parts.spsa import Spsa, SpsaSettings


class ContextDescent:
    """Minimises the mean cross-entropy of a mini-batch, in float64.

    Args:
        problem: what is to be solved.
        start: where the context starts.
        settings: of the optimiser; its `step_size` and `smoothing` are in standard deviations of
            the token embeddings.
        owner: the method's name.

    Raises:
        SettingsError: the words or the tokens don't fit.
    """

    def __init__(
        self, problem: Problem, start: RawContextSettings, settings: SpsaSettings, owner: str
    ) -> None:
        self._context = RawContext(problem, start)
        self._parameters = self._context.start
        self._owner = owner
        size, unit = len(self._parameters), self._context.unit
        lengths = {"step_size": settings.step_size, "smoothing": settings.smoothing}
        raw = settings.model_copy(update={name: unit * value for name, value in lengths.items()})
        self._optimiser = Spsa(raw, size, problem.budget, problem.seed, owner)

    def ask(self) -> Prompts:
        """The 2q contexts of the next step."""
        return self._context.prompts(self._optimiser.probes(self._parameters))

    def tell(self, scores: Scores) -> Mapping[str, float]:
        """Takes a step; what to plot."""
        losses = cross_entropy(scores.logits.double(), scores.labels)
        self._parameters, step = self._optimiser.step(self._parameters, losses)
        return {**measured(losses, scores), **step}

    def best_prompt(self) -> Prompts:
        """The present context."""
        return self._context.prompts(self._parameters.unsqueeze(0))

    def state(self) -> State:
        """The present context, and the optimiser's memory."""
        memory = self._optimiser.state()
        return State({"parameters": self._parameters, **memory.tensors}, memory.values)

    def load(self, state: State) -> None:
        """Goes on from `state`.

        Raises:
            SettingsError: it has another number of parameters.
        """
        self._parameters = stored_parameters(state, self._parameters, self._owner)
        self._optimiser.load(state)
