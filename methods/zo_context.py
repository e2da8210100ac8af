"""ZO context: ZIP's optimiser on a raw soft context (after Park et al., ICLR 2025).

What is left of ZIP without its re-parameterisation.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import PositiveFloat

from methods.interface import Problem, Variants
from methods.parts.context_descent import ContextDescent
from methods.parts.context_methods import ContextDescentMethod
from methods.parts.raw_context import RawContextSettings
from methods.parts.spsa import Optimiser, SpsaSettings


class ZoContextSettings(SpsaSettings, RawContextSettings):
    """Settings of `zo_context`, on top of those of its optimiser and of its start.

    Here `step_size` and `smoothing` are in standard deviations of the token embeddings, and their
    defaults were chosen on the pocket's images; those of the variants likewise. Directions, pairs
    and schedules are ZIP's.
    """

    optimiser: Optimiser = "spsa"
    step_size: PositiveFloat = 10.0
    smoothing: PositiveFloat = 0.3


class ZoContext(ContextDescentMethod):
    """One step: probe q random pairs, average the estimate, take a step; on all N = T D numbers.

    g = mean_k (L+ - L-) / (2 c_t sd_E) / d_k      two-sided estimate (spsa.py)
    w <- w - a_t sd_E r(g)                         r: plain, SPSA-GC or clipped (update_rules.py)

    sd_E is the standard deviation of the token embeddings. `zo_context@gc` corrects the estimate by
    momentum as BlackVIP does (SPSA-GC), `zo_context@clip` clips its norm at sqrt(N), the rule of
    ZIP. The three together show what ZIP's clipping does without its re-parameterisation.
    """

    name = "zo_context"
    version = 1
    settings_type = ZoContextSettings
    variants: ClassVar[Variants] = {
        "gc": {"optimiser": "spsa-gc", "step_size": 3.0},
        "clip": {"optimiser": "spsa-clip", "step_size": 6.0},
    }

    def __init__(self, problem: Problem, settings: ZoContextSettings) -> None:
        self._descent = ContextDescent(problem, settings, settings, self.name)
