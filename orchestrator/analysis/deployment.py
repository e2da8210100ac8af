"""What a trained prompt costs in use: queries for each test image, and what the client keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.analysis.runs import Run


@dataclass(frozen=True)
class Deployment:
    """How runs of one method are deployed.

    Attributes:
        queries_per_image: queries that a test image costs: 1, or the K of an ensemble. Several
            numbers where runs differ; none where traces of earlier releases don't say.
        readout: whether a function of the returned scores is kept on the client; None if unknown.
    """

    queries_per_image: tuple[int, ...]
    readout: bool | None

    @property
    def queries_text(self) -> str:
        """Queries for each test image, such as `1`, or `-` where they are unknown."""
        return " or ".join(f"{count:,}" for count in self.queries_per_image) or "-"

    @property
    def readout_text(self) -> str:
        """`yes`, `no`, or `-` where it is unknown."""
        return "-" if self.readout is None else "yes" if self.readout else "no"


def together(deployments: Iterable[Deployment]) -> Deployment:
    """What several have in common, and where they differ."""
    listed = list(deployments)
    counts = {count for one in listed for count in one.queries_per_image}
    readouts = [one.readout for one in listed if one.readout is not None]
    return Deployment(tuple(sorted(counts)), any(readouts) if readouts else None)


def deployment_of(runs: Iterable[Run]) -> Deployment:
    """As the traces say it; where they don't, whether there is a readout is the method's word."""
    return together(map(_of_run, runs))


def _of_run(run: Run) -> Deployment:
    known = run.trace.provenance.get("deployment") or {}
    count, readout = known.get("queries_per_image"), known.get("readout")
    if readout is None and run.access is not None:
        readout = run.access.readout
    return Deployment(() if count is None else (int(count),), readout)
