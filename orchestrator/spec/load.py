"""Reads a spec from a YAML file, and writes it as YAML."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from benchmarks.naming import did_you_mean
from orchestrator.errors import UserError
from orchestrator.spec.overrides import apply_overrides
from orchestrator.spec.ready import SPECS, ready_specs
from orchestrator.spec.spec import Spec
from orchestrator.spec.validation import describe


def load_spec(name: str, overrides: Sequence[str] = ()) -> Spec:
    """Reads a spec and applies overrides such as `budget=500`.

    For example:

        spec = load_spec("few_shot", ["seeds=[1]", "methods.4.clip=none"])

    Args:
        name: path of a YAML file, or the name of a ready spec in `benchmarks/specs`.
        overrides: `field=value` with a YAML value; dots reach into nested fields.

    Raises:
        UserError: there is no such spec, it is not YAML, or it has an unknown or impossible field.
    """
    try:
        return Spec.model_validate(read_fields(name, overrides))
    except ValidationError as error:
        problems = "\n  ".join(describe(error, Spec))
        raise UserError(f"{_spec_path(name)} is not a valid spec:\n  {problems}") from None


def read_fields(name: str, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of a spec as they are written, with overrides applied and nothing checked.

    Raises:
        UserError: no such file, not YAML, or an override of a field that can't be.
    """
    return apply_overrides(_read_yaml(_spec_path(name)), overrides)


def spec_as_yaml(spec: Spec) -> str:
    """The spec with all defaults as YAML, which loads to an equal spec."""
    return yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False)


def _spec_path(name: str) -> Path:
    given = Path(name).expanduser() if name.startswith("~/") else Path(name)
    for path in (given, SPECS / f"{name}.yaml"):
        if path.is_file():
            return path
    raise UserError(
        f"no spec {name!r}. Give a YAML file or a ready spec. "
        f"{did_you_mean(Path(name).stem, ready_specs())}"
    )


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path} is not readable YAML: {error}") from None
    if not isinstance(document, Mapping):
        raise UserError(f"{path} must hold a mapping of fields, got {type(document).__name__}.")
    return {str(key): value for key, value in document.items()}
