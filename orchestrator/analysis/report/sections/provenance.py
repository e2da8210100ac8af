"""How it was run: versions, hardware, precision, splits, and the spec itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

from orchestrator.analysis.report.blocks import Block, TableBlock, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Run

MOST = 8
"""Different values listed in one cell."""

ANSWERS = "answers"
COMMANDS = "querycurve run spec.yaml\nquerycurve report spec.yaml"
"""What repeats a report, beside its spec."""

USUAL = (ANSWERS, "logits")
"""Not worth a line: all scores, as they have always been."""

_BASES = {
    "packed": "every byte when packed",
    "verified": "every byte by datasets verify",
    "read": "every byte when run",
}
"""How a dataset's images are known, in words."""


def _weights_of(run: Run) -> str | None:
    """Nothing of a service, whose weights nobody sees."""
    return None if _service_of(run) else str(run.trace.cell.get("backbone", ""))[:16]


def _service_of(run: Run) -> str | None:
    """Which model it was, as the service itself tells models apart; its address is in no trace."""
    told = run.trace.provenance.get("service")
    return told and f"model {told['model']}, fingerprint {str(told['fingerprint'])[:16]}"


def _version_of(run: Run) -> str | None:
    known = run.trace.provenance.get("fingerprints", {}).get("method_version")
    return None if known is None else f"{run.method_name} {known}"


def _part_of(run: Run) -> object:
    """Nothing where all points are of all test images."""
    return run.trace.cell.get("evaluation", {}).get("images")


_FIELDS: tuple[tuple[str, Callable[[Run], object]], ...] = (
    ("backbone", lambda run: run.trace.provenance.get("backbone")),
    ("images", lambda run: run.trace.provenance.get("images")),
    ("behind a service", _service_of),
    ("weights digest", _weights_of),
    ("protocol", lambda run: run.protocol),
    ("precision", lambda run: run.trace.cell.get("precision")),
    ("augmentation", lambda run: run.trace.cell.get("augmentation") if run.trains else None),
    ("budget (queries)", lambda run: run.trace.cell.get("budget") if run.trains else None),
    ("mini-batch (images)", lambda run: run.trace.cell.get("batch_size") if run.trains else None),
    (ANSWERS, lambda run: run.answers if run.shots else None),
    ("test images of points on the way", _part_of),
    ("seeds", lambda run: run.seed if run.shots else None),
    ("hardware", lambda run: run.trace.provenance.get("machine")),
    ("towers", lambda run: run.trace.provenance.get("towers")),
    ("hosts", lambda run: run.trace.provenance.get("host")),
    ("days", lambda run: str(run.trace.provenance.get("written", ""))[:10]),
    ("method versions", _version_of),
    ("Python", lambda run: run.trace.provenance.get("python")),
    ("datasets' remarks", lambda run: run.trace.provenance.get("dataset_remark")),
)


def blocks(comparison: Comparison) -> Iterator[Block]:
    """What was the same for all runs, or which values there were."""
    runs = (*comparison.finished, *comparison.unsound, *comparison.failures)
    rows = [(name, _values(read(run) for run in runs)) for name, read in _FIELDS]
    packages = sorted({name for run in runs for name in run.trace.provenance.get("packages", {})})
    rows += [
        (name, _values(run.trace.provenance.get("packages", {}).get(name) for run in runs))
        for name in packages
    ]
    rows.append(("report written by", f"querycurve {_own_version()}"))
    caption = (
        "Taken from the traces. Several values mean that cells were run under different "
        "conditions, which is worth a thought before comparing seconds; accuracies are compared by "
        "what is in a cell's key."
    )
    known = tuple(row for row in rows if row[1] and row != USUAL)
    yield TableBlock("provenance", caption, ("what", "value"), known, numeric_from=9)
    yield from _data(runs)
    yield from _splits(runs)
    yield from _again(comparison, packages, runs)


def _again(comparison: Comparison, packages: Sequence[str], runs: Sequence[Run]) -> Iterator[Text]:
    """What repeats it: commands, packages, and the spec."""
    if comparison.spec_yaml:
        yield Text(COMMANDS, "code", "To repeat it, in a folder with the spec below as spec.yaml")
    if packages:
        lines = (_requirement(name, _versions_of(name, runs)) for name in packages)
        yield Text("\n".join(lines), "code", "Versions of packages, as a requirements file")
    if comparison.spec_yaml:
        yield Text(comparison.spec_yaml, "code", "The whole spec, spec.yaml")


def _requirement(name: str, versions: Sequence[str]) -> str:
    """A line that pip understands; what is not the same everywhere is for a person to choose."""
    if len(versions) == 1:
        return f"{name}=={versions[0]}"
    return f"# {name}: {', '.join(versions)}"


def _versions_of(name: str, runs: Iterable[Run]) -> list[str]:
    found = (run.trace.provenance.get("packages", {}).get(name) for run in runs)
    return sorted({str(version) for version in found if version})


def _data(runs: Iterable[Run]) -> Iterator[TableBlock]:
    """What is known of each dataset's images; traces of earlier releases say nothing."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for run in runs:
        if known := run.trace.provenance.get("data"):
            found.setdefault(run.dataset, []).append(known)
    if not found:
        return
    rows = tuple((name, *_identity(known)) for name, known in sorted(found.items()))
    caption = (
        "What is known of each dataset's images. A full digest covers split, name, label and every "
        "byte of every image; of data that are known by counts and sizes, 'datasets verify' finds "
        "it for later runs."
    )
    header = ("dataset", "known by", "full digest", "note")
    yield TableBlock("data", caption, header, rows, numeric_from=9)


def _identity(known: Iterable[Mapping[str, str]]) -> tuple[str, str, str]:
    """How a dataset is known, by which digests, and whether those differ."""
    bases = sorted({_BASES.get(one["basis"], one["basis"]) for one in known})
    digests = sorted({one["digest"] for one in known if one["digest"]})
    different = f"{len(digests)} different digests: its cells were not all run on the same images"
    return ", ".join(bases), ", ".join(digests), different if len(digests) > 1 else ""


def _splits(runs: Iterable[Run]) -> Iterator[TableBlock]:
    found: dict[tuple[str, int, int], set[str]] = {}
    for run in runs:
        digest = run.trace.provenance.get("split")
        if digest and run.shots:
            found.setdefault((run.dataset, run.shots, run.seed), set()).add(str(digest)[:16])
    if not found:
        return
    rows = tuple(
        (dataset, str(shots), str(seed), ", ".join(sorted(digests)))
        for (dataset, shots, seed), digests in sorted(found.items())
    )
    caption = (
        "Digest of class names and of all images of the split, which all methods share: "
        "comparisons are paired. Two digests in one row would mean that they are not."
    )
    header = ("dataset", "shots", "seed", "split digest")
    yield TableBlock("splits", caption, header, rows, numeric_from=9)


def _values(values: Iterable[object]) -> str:
    known = sorted({str(value) for value in values if value not in (None, "")}, key=_natural)
    between = "; " if any(", " in value for value in known) else ", "
    more = f"{between}and {len(known) - MOST} more" if len(known) > MOST else ""
    return between.join(known[:MOST]) + more


def _natural(text: str) -> tuple[int, str]:
    return (len(text), text) if text.isdigit() else (0, text)


def _own_version() -> str:
    try:
        return version("querycurve")
    except PackageNotFoundError:
        return "(not installed)"
