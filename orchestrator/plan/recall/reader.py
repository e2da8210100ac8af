"""Plans a spec for verbs that only read: what can't be planned here is looked up in the store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.errors import UserError
from orchestrator.oracle.remote.publishable import publishable
from orchestrator.plan.listener import Listener
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.plan.recall.blanks import Blanks
from orchestrator.plan.recall.not_found import other_versions
from orchestrator.plan.recall.reach import unreachable
from orchestrator.plan.recall.recall import recalled
from orchestrator.plan.recall.resolved_once import Resolve, ResolvedOnce
from orchestrator.plan.recall.stored import StoredCells
from orchestrator.spec.spec import Spec
from orchestrator.store.storage import StorageDown
from orchestrator.store.store import Store

_NOT_HERE = "the method is of a package that isn't installed here"


class _Untouched(Store):
    """A store that is left as it is: who only reads may not be allowed to write."""

    def save_unreadable_images(self, digest: str, references: Sequence[str]) -> None:
        """Forgets which images can't be read; a run looks for them again, and then keeps it."""


@dataclass(frozen=True)
class Reader:
    """Plans specs as `make_plan` does, and with what a store says of the rest.

    Where a dataset, a model's weights or an encoder aren't here, or a service doesn't answer,
    results are found by what their cells say, without a check that they are of the same images.

    Attributes:
        stored: what the store holds.
        data_root: the folder or location that holds the datasets.
        say: told that reading very many images will take a while, and that a service is asked.
    """

    stored: StoredCells
    data_root: Path | str
    say: Callable[[str], None] = lambda _: None
    _resolve: Resolve = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_resolve", ResolvedOnce(self.say))

    def plan(self, spec: Spec, *, blind: bool = False) -> Plan:
        """The cells of a spec, with the results that they have.

        Args:
            spec: the comparison.
            blind: whether cells are measured on validation images alone.

        Raises:
            UserError: the store can't be read.
        """
        blanks = Blanks(spec, blind=blind, resolve=self._resolve)
        names = spec.trained_datasets if blind else spec.all_datasets
        absent = unreachable(spec, names, self.data_root)
        try:
            for arm in spec.arms:  # a service that doesn't answer is waited for once
                if arm.conditions.backbone.remote:
                    self._resolve(arm.conditions.backbone)
            plan = self._strict(spec, absent, blind=blind)
        except StorageDown:
            raise
        except UserError as error:  # of the models: nothing can be planned
            plan = Plan(spec, blanks.backbone, ())
            why = _publishable(str(error), spec)
            absent = {name: absent.get(name, why) for name in names}
        cells: list[PlannedCell] = []
        for name in names:
            if name in absent:
                cells += blanks.on(name, absent[name])
            else:
                cells += blanks.on(name, _NOT_HERE, only_absent=True)
            cells += (cell for cell in plan.cells if cell.cell.dataset == name)
        whole = recalled(replace(plan, spec=spec, cells=tuple(cells)), self.stored)
        told = (*whole.recalled, other_versions(whole, self.stored))
        return replace(whole, recalled=tuple(filter(None, told)))

    def _strict(self, spec: Spec, absent: dict[str, str], *, blind: bool) -> Plan:
        """What can be planned here; adds to what can't.

        Raises:
            UserError: nothing can.
        """
        if spec.source in absent:
            raise UserError(absent[spec.source])
        there = tuple(name for name in spec.datasets if name not in absent)
        if not there and spec.source is None:
            raise UserError("no dataset is here")
        methods = tuple(method for method in spec.methods if not method.absent)
        ablation = spec.ablation and spec.ablation.present()
        if not methods and ablation is None:
            raise UserError(_NOT_HERE)
        alone = spec.model_copy(
            update={"datasets": there, "methods": methods, "ablation": ablation}
        )
        listener = Listener(self.say, without=absent.__setitem__)
        store = _Untouched(self.stored.store.storage)
        return make_plan(alone, store, self.data_root, blind=blind, listener=listener)


def _publishable(text: str, spec: Spec) -> str:
    """A text as a report may have it: it doesn't say where services are."""
    for arm in spec.arms:
        text = publishable(text, arm.conditions.backbone)
    return text
