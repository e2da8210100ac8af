"""What must be equal for two numbers to stand in one leaderboard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.analysis.access import TRANSLUCENT, Track
from orchestrator.analysis.runs import Run
from orchestrator.analysis.standings import Measure, harmonic_words, over_words
from orchestrator.answers import ALL
from orchestrator.console import counted

LONGEST_DIGEST = 19
"""Characters of a backbone's fingerprint that stand for it where nothing has named it."""

Images = Mapping[tuple[str, int], str]
"""Digests of the images that each dataset and seed had, where they are known."""


@dataclass(frozen=True)
class Conditions:
    """Numbers that differ in any of these are never in one table.

    Attributes:
        protocol: which classes and images trained and tested.
        backbone: fingerprint of the weights.
        precision: number format of the oracle.
        shots: labelled images per class; 0 where nothing trains.
        budget: queries that each trial could spend.
        answers: what methods saw of the black box's scores, in words; empty where nothing trains.
        sources: datasets that prompts came from, of protocols that test them on others.
        measure: what methods are ranked by.
        datasets: those that it is the mean of.
        track: methods of inner layers have one of their own.
    """

    protocol: str
    backbone: str
    precision: str
    shots: int
    budget: str
    answers: str
    sources: tuple[str, ...]
    measure: Measure
    datasets: tuple[str, ...]
    track: Track

    def title(self, backbone: str) -> str:
        """All in a line but the datasets' names; a backbone by its name."""
        words = [self.protocol, backbone]
        if self.shots:
            words.append(counted(self.shots, "shot"))
        if self.budget:
            words.append(f"{self.budget} queries")
        if self.answers not in ("", str(ALL)):
            words.append(f"answers: {self.answers}")
        if self.precision not in ("", "fp32"):
            words.append(self.precision)
        if self.sources:
            words.append(f"prompts from {', '.join(self.sources)}")
        if self.track == TRANSLUCENT:
            words.append(self.track)
        words += [harmonic_words(self.measure), over_words(self.measure, self.datasets)]
        return ", ".join(filter(None, words))


def conditions_of(
    runs: Sequence[Run], measure: Measure, datasets: tuple[str, ...], track: Track
) -> Conditions:
    """Those of one method's number.

    Args:
        runs: what it is made of, with those that trained the prompts where that was elsewhere.
        measure: what it is.
        datasets: those that it is the mean of.
        track: the method's.
    """
    moved = [run for run in runs if run.transferred]  # what the others are there for
    return Conditions(
        protocol=_joined(run.protocol for run in moved or runs),
        backbone=_joined(_field(run, "backbone") for run in runs),
        precision=_joined(_field(run, "precision") for run in runs),
        shots=runs[0].shots,
        budget=_joined(_budget(run) for run in runs if run.shots),
        answers=_joined(run.answers for run in runs if run.shots),
        sources=tuple(sorted({run.source for run in runs if run.source is not None})),
        measure=measure,
        datasets=datasets,
        track=track,
    )


def backbone_name(runs: Iterable[Run]) -> str:
    """What the runs call their backbone; the start of its fingerprint where they don't say."""
    return _joined(
        str(run.trace.provenance.get("backbone") or _field(run, "backbone")[:LONGEST_DIGEST])
        for run in runs
    )


def images_of(runs: Iterable[Run]) -> Images:
    """What is known of the images behind runs."""
    found = {(run.dataset, run.seed): run.trace.provenance.get("split") for run in runs}
    return {place: str(digest) for place, digest in found.items() if digest}


def same_images(one: Images, other: Images) -> bool:
    """Whether no dataset and seed is known to have had other images."""
    return all(one[place] == other[place] for place in one.keys() & other.keys())


def _field(run: Run, name: str) -> str:
    return str(run.trace.cell.get(name, ""))


def _budget(run: Run) -> str:
    budget = run.trace.cell.get("budget")
    return f"{budget:,}" if isinstance(budget, int) else ""


def _joined(values: Iterable[str]) -> str:
    return " or ".join(sorted(set(values) - {""}))
