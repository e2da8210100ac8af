"""Whether a run is the experiment behind a published number: its cell, field by field.

A run's key covers more than its cell: the method's version, how images are prepared, which classes
and images there are. None of that is compared here. `compare` finds runs by the keys of a plan that
is made anew, so they agree with the present code and data, or says of which datasets they don't;
and where data are not the published ones, the dataset's remark says so.
"""

from collections.abc import Mapping
from typing import Any

from benchmarks.backbones import BACKBONES
from benchmarks.protocols import PROTOCOLS
from benchmarks.reference.published import DEFAULTS, PublishedResult
from methods.registry import method_class, method_classes
from orchestrator.analysis.runs import Run
from orchestrator.answers import Answers, words_of
from orchestrator.cell import Cell, Evaluation, MethodChoice, Source
from orchestrator.oracle.published import file_digest

PAPER_BATCH, PAPER_SOURCE = 128, "imagenet"

LEFT_OUT: Mapping[str, str] = {
    "protocol": "rows are chosen by it; methods that don't train are the same in most",
    "dataset": "rows are chosen by it",
    "seed": "a result is a mean over seeds, of which ours and theirs are both samples",
    "evaluation": "how often a run is measured does not change what it has learnt at its end",
    "backbone": "compared by `_other_backbone`, which knows the digests of published weights",
    "method": "compared by `_other_settings`, setting by setting",
}
"""Fields of a cell that can't matter, or that are compared apart, with the reason."""

_WORDS = {
    "shots": "number of shots",
    "batch_size": "mini-batch",
    "views": "number of views encoded ahead",
    "answers": "kind of answer",
}
_UNKNOWN = "unknown"


def incomparable(run: Run, published: PublishedResult) -> str:
    """Why a run can't be compared with a published number; empty if it can.

    Only runs in fp32 are compared. The ZIP paper's code evaluates in fp32, and trains BAR and
    BPT-VLM in it, but ZIP and BlackVIP under fp16 autocast. None of the oracle's other formats
    computes what autocast does.
    """
    reasons = (
        published.caveat,
        "your own dataset, not the published one"
        if run.trace.provenance.get("own_dataset")
        else "",
        run.remark,
        _other_backbone(run, published),
        "" if published.unit == "%" else f"another unit: {published.unit}",
        _other_cost(run, published) if run.shots else "",
        _other_conditions(run, published),
        _other_settings(run, published),
    )
    return next(filter(None, reasons), "")


def unrelated(run: Run, published: PublishedResult) -> bool:
    """Whether a number is so far from a run that beside it it tells nothing.

    That is one with a caveat, that is no accuracy, or of another model or number of shots. A number
    of other weights, cost or settings tells something, though it can't be compared either.
    """
    there = BACKBONES.get(published.backbone)
    names = (published.backbone, there.model if there else published.backbone)
    return bool(
        published.caveat
        or published.unit != "%"
        or published.shots != run.shots
        or run.trace.provenance.get("backbone", _UNKNOWN) not in names
    )


def published_cell(published: PublishedResult) -> Cell:
    """The cell behind a published number, as far as its source says.

    Its seed is 0, and the key of its source empty: they are not compared.
    """
    trains = published.shots > 0
    moved = trains and PROTOCOLS[published.protocol].transfers
    return Cell(
        protocol=published.protocol,
        dataset=published.dataset,
        shots=published.shots,
        seed=0,
        method=MethodChoice(name=published.method, settings=_published_settings(published) or {}),
        backbone=_tag(published.backbone),
        budget=published.cost or 0,
        batch_size=PAPER_BATCH if trains else 0,
        precision="fp32",
        augmentation="crop_flip" if trains else "none",
        evaluation=Evaluation(),
        source=Source(dataset=PAPER_SOURCE, key="") if moved else None,
    )


def _other_backbone(run: Run, published: PublishedResult) -> str:
    label, digest = str(run.trace.provenance.get("backbone", _UNKNOWN)), _field(run, "backbone")
    there = BACKBONES.get(published.backbone)
    same = set()
    if there:
        same = {_tag(published.backbone), file_digest(there.sha256, there.model)}
    if there and label in (published.backbone, there.model):
        # Digests once left out the model, and the same file may be read with another activation.
        same.add(f"sha256:{there.sha256}")
    if digest in same:
        return ""
    if label == published.backbone:
        return f"other weights: OpenAI's {label} there, {digest} here"
    return f"another backbone: {published.backbone} there, {label} here"


def _other_cost(run: Run, published: PublishedResult) -> str:
    """Queries are compared with queries alone, whatever another unit comes to.

    A step or a whole-set evaluation is another experiment even where it costs the same.
    """
    unit, there, here = published.cost_unit, published.cost, run.trace.cell.get("budget", 0)
    if unit == "unknown":
        return "cost unknown: the source does not state it"
    if unit == "queries":
        return "" if there == here else f"another budget: {there:,} queries there, {here:,} here"
    spent = f"{unit} queries" if there is None else f"{there:,} {unit}"
    return f"another unit of cost: {spent} there{_in_queries(published)}, {here:,} queries here"


def _in_queries(published: PublishedResult) -> str:
    """What a cost in another unit comes to. What a step costs is our estimate."""
    if published.queries is None:
        return ""
    about = "about " if published.cost_unit == "steps" else ""
    return f" ({about}{published.queries:,} queries)"


def _other_conditions(run: Run, published: PublishedResult) -> str:
    """The first field of the cell that is not the published run's, fields of later versions too."""
    expected = published_cell(published)
    for field in dict.fromkeys((*Cell.model_fields, *run.trace.cell)):
        if field in LEFT_OUT:
            continue
        here, there = _field(run, field), _short(getattr(expected, field, _UNKNOWN))
        if here == there:
            continue
        if field == "precision":
            return f"another precision: only fp32 is comparable, {here} here"
        return f"another {_WORDS.get(field, field)}: {there} there, {here} here"
    return ""


def _other_settings(run: Run, published: PublishedResult) -> str:
    """Settings of the method that are not those that the source has run."""
    there = _published_settings(published)
    if there is None:
        return "settings unknown: the source does not state them, or no variant here has them"
    here = _with_defaults(run.method_name, run.trace.cell["method"].get("settings", {}))
    names = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    changed = ", ".join(f"{n}={here.get(n)} here, {there.get(n)} there" for n in names)
    variant = "" if published.variant == DEFAULTS else f" ({published.method}@{published.variant})"
    return f"other settings: {changed}{variant}" if names else ""


def _published_settings(published: PublishedResult) -> dict[str, Any] | None:
    """All settings that the source has run, or None if they aren't known."""
    kind = method_classes().get(published.method)
    if kind is None or published.variant not in (DEFAULTS, *kind.variants):
        return None
    changes = {} if published.variant == DEFAULTS else kind.variants[published.variant]
    settings = kind.settings_type.model_validate(changes)
    return _with_defaults(published.method, settings.model_dump(mode="json"))


def _with_defaults(method: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a cell has them, with those that it leaves out where they are the usual ones."""
    fields = method_class(method).settings_type.model_fields
    return {**{name: field.get_default() for name, field in fields.items()}, **settings}


def _field(run: Run, name: str) -> Any:
    """What a run's cell says in a field: the field's default where it says nothing."""
    if name == "answers":
        return words_of(run.trace.cell)
    known = Cell.model_fields.get(name)
    usual = _UNKNOWN if known is None or known.is_required() else known.get_default()
    return _short(run.trace.cell.get(name, usual))


def _short(value: Any) -> Any:
    """Answers in words, and a source by its dataset: its key repeats what the other fields say."""
    if isinstance(value, Source):
        return value.dataset
    if isinstance(value, Answers):
        return str(value)
    return value["dataset"] if isinstance(value, Mapping) and "dataset" in value else value


def _tag(backbone: str) -> str:
    """The digest of a named backbone's weights, as a plan has it."""
    named = BACKBONES.get(backbone)
    return _UNKNOWN if named is None else f"tag:{named.model}/{named.pretrained}"
