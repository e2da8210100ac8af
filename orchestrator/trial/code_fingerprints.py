"""What a cell's key covers of the code, on record so that a result can be told from older ones."""

from typing import Any

from methods.registry import method_class, outside_code
from orchestrator.cell import Cell
from orchestrator.errors import UserError
from orchestrator.oracle.encoder import resolve_encoder
from orchestrator.precision import ROUNDING


def fingerprints(cell: Cell) -> dict[str, Any]:
    """The `Fingerprints` that depend on neither images nor the model, by name.

    The encoder is left out where a method brings one and its weights aren't here; and all that is
    the method's, where it is of a package that isn't here.
    """
    rounding = {"rounding": None if cell.precision == "fp32" else ROUNDING}
    try:
        kind = method_class(cell.method.name)
    except ValueError:
        return rounding
    known: dict[str, Any] = {
        "method_version": kind.version,
        **rounding,
    }
    code = outside_code(kind)
    if code is not None:
        known["method_code"] = code
    name = kind.encoder_name(kind.settings_type.model_validate(cell.method.settings))
    if name is None:
        return {**known, "encoder": None}
    try:
        return {**known, "encoder": resolve_encoder(name).digest}
    except UserError:
        return known
