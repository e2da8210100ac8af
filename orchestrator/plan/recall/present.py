"""Whether a stored result is of the present code and spec, as far as its trace says so."""

from collections.abc import Iterator, Mapping
from typing import Any

from methods.registry import method_class
from orchestrator.cell import Cell
from orchestrator.errors import UserError
from orchestrator.oracle.encoder import resolve_encoder
from orchestrator.plan.recall.stored import Stored
from orchestrator.precision import ROUNDING
from orchestrator.spec.spec import Spec


class Present:
    """Knows the fingerprints that take neither data nor weights."""

    def __init__(self, spec: Spec) -> None:
        self._templates = {own.name: list(own.templates) for own in spec.own_datasets}

    def contradicts(self, one: Stored) -> bool:
        """Whether a result was made otherwise; results of former releases don't say how."""
        recorded = one.provenance.get("fingerprints")
        if not isinstance(recorded, Mapping):
            return False
        return any(recorded.get(name) != value for name, value in self._known(one.cell))

    def _known(self, cell: Cell) -> Iterator[tuple[str, Any]]:
        kind = method_class(cell.method.name)
        yield "method_version", kind.version
        yield "rounding", None if cell.precision == "fp32" else ROUNDING
        if templates := self._templates.get(cell.dataset):
            yield "templates", templates
        encoder = kind.encoder_name(kind.settings_type.model_validate(cell.method.settings))
        if encoder is not None:
            try:
                yield "encoder", resolve_encoder(encoder).digest
            except UserError:  # its weights aren't here
                return
