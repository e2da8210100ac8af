"""What passes between a worker and whoever gives it cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from orchestrator.oracle.remote.service import Gate, Open
from orchestrator.store.trace import Ending, Point

if TYPE_CHECKING:  # the broker and the trials of a search pass these on and import no models
    from benchmarks.datasets.identity.record import DataIdentity
    from benchmarks.datasets.own.source import OwnDataset
    from benchmarks.datasets.sampling import ShortClasses
    from orchestrator.oracle.backbone import ResolvedBackbone
    from orchestrator.precision import Precision


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker needs once, before its first cell.

    Attributes:
        backbone: the model behind the oracle.
        precision: number format of its arithmetic.
        store: location of the store.
        data_root: the folder or location that holds the datasets.
        short_classes: what to do with classes that have fewer images than shots.
        own_datasets: the user's own datasets.
        unreadable: images to leave out, by dataset.
        identities: what is known of the images of each dataset, for traces.
        encoders: digests of the methods' own image encoders, by name; others are not checked.
        outside_methods: digests of the code of methods of other packages, by place.
        outside_datasets: names or places of datasets of other packages.
        threads: CPU threads for the model.
        decoders: CPU threads that decode and transform images.
        checkpoint_interval: seconds between two checkpoints of a trial.
        patience: seconds to wait for a store or a service that doesn't answer.
        pixel_cache: the most bytes of decoded images that the machine keeps; 0 for none. It changes
            no pixel, so it is no part of a cell.
        compile: whether towers on a GPU are compiled. It changes results by float error alone (in
            inexact precisions, by where they round), so it is no part of a cell.
        on_cpu: whether it leaves alone the GPUs that it sees; else it takes the first, if any.
        run: the run that it works for; other runs on the same store keep off its cells.
        store_identity: what the driver's store calls itself; None to take any.
        gate: lets requests to a service pass, as many as the run may send; it can be pickled.
    """

    backbone: ResolvedBackbone
    precision: Precision
    store: str
    data_root: str
    short_classes: ShortClasses
    own_datasets: tuple[OwnDataset, ...] = ()
    unreadable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    identities: Mapping[str, DataIdentity] = field(default_factory=dict)
    encoders: Mapping[str, str] = field(default_factory=dict)
    outside_methods: Mapping[str, str] = field(default_factory=dict)
    outside_datasets: tuple[str, ...] = ()
    threads: int = 1
    decoders: int = 1
    checkpoint_interval: float = 10.0
    patience: float = 3600.0
    pixel_cache: int = 0
    compile: bool = False
    on_cpu: bool = False
    run: str = field(default_factory=lambda: uuid4().hex)
    store_identity: str | None = None
    gate: Gate = field(default_factory=Open)


@dataclass(frozen=True)
class CellOutcome:
    """How a cell ended, or where it waits.

    Attributes:
        key: the cell's key.
        status: `finished` or `failed`; the store has the trace or the traceback. `paused` after a
            measurement, or `stopped` because `stop` was called; the store has a checkpoint.
            `elsewhere` while another run works on it.
        queries: queries spent by the method.
        error: last line of the traceback of a failed cell.
        points: the trace of a paused cell so far.
        found: whether another run has finished it in the meantime.
        remarks: as in `Progress`, for cells that end before anybody asks how far they are.
    """

    key: str
    status: Ending | Literal["paused", "stopped", "elsewhere"]
    queries: int
    error: str = ""
    points: tuple[Point, ...] = ()
    found: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """What a worker says while it runs a cell.

    Attributes:
        queries: queries spent by the method.
        notices: what happened since the last time, such as that the store doesn't answer.
        remarks: what holds of the model, such as that it can't be fast; the same each time.
    """

    queries: int
    notices: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class TrialStopped(Exception):
    """A trial ended early, as its worker was asked to; a checkpoint holds where it was."""
