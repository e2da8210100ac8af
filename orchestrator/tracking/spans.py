"""When things happened: MLflow's runs begin and end when their cells did.

A trace says when it was written, and how many seconds its trial worked. So a run that was
interrupted for a night ends when it ended, and lasts as long as it worked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orchestrator.store.trace import Trace


@dataclass(frozen=True, order=True)
class Span:
    """Two times in milliseconds since 1970.

    Attributes:
        start: the first one.
        end: the last one; never before `start`.
    """

    start: int
    end: int

    def at(self, step: int, last: int) -> int:
        """The time of a step, if the last one is at the end and all take equally long."""
        return self.end if last <= 0 else self.start + (self.end - self.start) * step // last


def span_of(trace: Trace) -> Span | None:
    """When a trial worked; None of a trace that doesn't say when it was written."""
    try:
        written = datetime.fromisoformat(str(trace.provenance.get("written", ""))).timestamp()
    except ValueError:
        return None
    end = round(written * 1000)
    return Span(end - worked(trace), end)


def worked(trace: Trace) -> int:
    """Milliseconds that a trial worked, one at least, as MLflow shows none as if it still ran."""
    return max(1, round(trace.timing.get("total", 0.0) * 1000))


def span_over(traces: Iterable[Trace]) -> Span | None:
    """From the first start to the last end; None where none is known."""
    known = [span for span in map(span_of, traces) if span is not None]
    if not known:
        return None
    return Span(min(span.start for span in known), max(span.end for span in known))
