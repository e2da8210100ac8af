"""Reads a spec from a YAML file, and writes it as YAML."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.naming import nearest
from benchmarks.quoting import cut
from orchestrator.errors import UserError
from orchestrator.reading.validation import Refused, validated
from orchestrator.reading.yaml_text import NotPlainYaml, read_yaml, write_yaml
from orchestrator.spec.absent import Absent
from orchestrator.spec.overrides import apply_overrides, typed_places
from orchestrator.spec.proposals import with_proposals
from orchestrator.spec.published import published
from orchestrator.spec.ready import SPECS, ready_specs
from orchestrator.spec.spec import Spec

_OWN = re.compile(r"own_datasets\.([0-9]+)")
_ONLY_BASE = re.compile(r"(ablation\.base)\.0\b")
_SETTING = re.compile(r"(?P<entry>[\w.]+): method [^ ]+: (?P<setting>\w+): (?P<rest>[^;]*)")
"""A problem with one setting of a method."""

_ENDINGS = (".yaml", ".yml")

SpecSource = str | Mapping[str, Any]
"""Where a spec comes from: a YAML file, the name of a ready spec, or its fields themselves."""

LARGEST = 2**20
"""Bytes of a spec at most: people write them."""


def load_spec(
    name: SpecSource, overrides: Sequence[str] = (), absent: Absent | None = None
) -> Spec:
    """Reads a spec and applies overrides such as `budget=500`.

    For example:

        spec = load_spec("few_shot", ["seeds=[1]", "methods.zip.clip=none"])

    Args:
        name: path of a YAML file, which may lack its ending, or the name of a ready spec in
            `benchmarks/specs`; or the fields themselves, as a file would hold them.
        overrides: `field=value` with a YAML value; dots reach into nested fields.
        absent: methods and datasets of packages that aren't here, to be taken nevertheless.

    Raises:
        UserError: there is no such spec, it is not YAML, or it has an unknown or impossible field.
    """
    fields = read_fields(name, overrides)
    try:
        return validated(Spec, fields, absent)
    except Refused as error:
        typed = typed_places(_document(name), overrides)
        told = (_as_typed(_as_written(one, fields), typed) for one in error.problems)
        problems = "\n  ".join(told)
        given = "this" if isinstance(name, Mapping) else _spec_path(name)
        raise UserError(f"{given} is not a valid spec:\n  {problems}") from None


def read_fields(name: SpecSource, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of a spec as they are written, with overrides applied and nothing checked.

    Of files that it names, the contents stand in their place.

    Raises:
        UserError: no such file, not YAML, or an override of a field that can't be.
    """
    if isinstance(name, Mapping):
        return with_proposals(apply_overrides(name, overrides), Path())
    path = _spec_path(name)
    return with_proposals(apply_overrides(_read_document(path), overrides), path.parent)


def spec_as_yaml(spec: Spec) -> str:
    """The spec with all defaults as YAML, which loads to an equal spec.

    Addresses of services are left out, so that it can be shown; who loads it puts in their own.
    """
    return write_yaml(published(spec.model_dump(mode="json")))


def _as_written(problem: str, fields: Mapping[str, Any]) -> str:
    """A problem with an own dataset, or an only base, told at the place where the user wrote it."""
    ablation = fields.get("ablation")
    if isinstance(ablation, Mapping) and not isinstance(ablation.get("base"), list):
        problem = _ONLY_BASE.sub(r"\1", problem, count=1)
    found = _OWN.match(problem)
    if found is None or "own_datasets" in fields:
        return problem
    entries = enumerate(fields["datasets"])
    places = [place for place, entry in entries if isinstance(entry, Mapping)]
    return f"datasets.{places[int(found[1])]}{problem[found.end() :]}"


def _as_typed(problem: str, typed: Mapping[str, str]) -> str:
    """A problem told at the place that `--set` names, as it was typed there."""
    found = _SETTING.fullmatch(problem)
    if found is not None and (place := f"{found['entry']}.{found['setting']}") in typed:
        return f"{typed[place]}: {found['rest']}"
    place, colon, rest = problem.partition(":")
    known, below = place, ""
    while known and known not in typed:
        known, _, last = known.rpartition(".")
        below = f".{last}{below}"
    return f"{typed[known]}{below}{colon}{rest}" if known else problem


def _spec_path(name: str) -> Path:
    given = Path(name).expanduser() if name.startswith("~/") else Path(name)
    try:
        for path in (given, SPECS / f"{name}.yaml", *_with_endings(given)):
            if path.is_file():
                return path
        beside = _specs_in(given if given.is_dir() else given.parent)
    except OSError as error:
        raise UserError(f"the spec {cut(name)!r} can't be read: {error.strerror}.") from None
    if given.is_dir():
        within = ", ".join(beside[:5]) or "it holds none"
        raise UserError(f"{given} is a folder. Give a YAML file, such as in it: {within}.")
    hint = _nearest_specs(given, beside)
    raise UserError(f"no spec {cut(name)!r}. Give a YAML file or a ready spec. {hint}")


def _with_endings(path: Path) -> list[Path]:
    """A file's path, with the ending of YAML that it lacks."""
    if not path.name or path.suffix in _ENDINGS:
        return []
    return [path.with_name(path.name + ending) for ending in _ENDINGS]


def _nearest_specs(given: Path, beside: Sequence[str]) -> str:
    """The files beside the user that may be meant, then ready specs; else all that there are."""
    wanted = given.stem if given.suffix in _ENDINGS else given.name
    files = {Path(name).stem: str(given.parent / name) for name in reversed(beside)}
    near = [files[stem] for stem in nearest(wanted, files)]
    near += nearest(wanted, ready_specs())
    if near:
        return f"Did you mean: {', '.join(near[:3])}?"
    here = f"Files there: {', '.join(beside[:5])}. " if beside else ""
    return f"{here}Ready specs: {', '.join(ready_specs())}."


def _specs_in(folder: Path) -> list[str]:
    """YAML files of a folder, by name."""
    return sorted(p.name for p in folder.glob("*.y*ml")) if folder.is_dir() else []


def _document(name: SpecSource) -> Mapping[str, Any]:
    return name if isinstance(name, Mapping) else _read_document(_spec_path(name))


def _read_document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path} is no spec: it is larger than {LARGEST // 1024:,} KiB.")
        document = read_yaml(_text(path.read_bytes()))
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}.") from None
    except NotPlainYaml as error:
        raise UserError(f"{path} is not readable YAML: {error}.") from None
    if not isinstance(document, Mapping):
        got = "a list" if isinstance(document, list) else "a single value"
        got = "nothing" if document is None else got
        if isinstance(document, str) and ":" in document:
            got += ". Put a blank after each colon"
        raise UserError(f"{path} must hold a mapping of fields, such as `budget: 500`, got {got}.")
    return dict(document)


def _text(data: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 where its first bytes say so."""
    encoding = "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotPlainYaml(f"byte {error.start + 1} is no {error.encoding.upper()}") from None
