"""A black box that is an open_clip model in memory."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from benchmarks.protocols import Task, split_digest
from orchestrator.cell import Cell
from orchestrator.oracle.backbone import (
    Backbone,
    ResolvedBackbone,
    preprocessing_of,
    resolve_backbone,
)
from orchestrator.oracle.clip import ClipOracle, load_clip
from orchestrator.oracle.compiling import as_written, compiler_for
from orchestrator.oracle.cpu_formats import remark_on
from orchestrator.oracle.features import Encoder, FeatureTable
from orchestrator.oracle.ledger import Ledger
from orchestrator.pixels.feed import Feed
from orchestrator.pixels.packs import Packs
from orchestrator.pixels.split import ImageSplit
from orchestrator.store.store import Store
from orchestrator.trial.black_box import BlackBox, OpenBox, SplitTables
from orchestrator.trial.encoded_tables import EncodedTables
from orchestrator.trial.feature_cache import FeatureCache
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.other_weights import other_weights


@dataclass(frozen=True)
class _Encoded(SplitTables):
    """Tables of features, of which whole splits are kept in the store."""

    features: FeatureCache
    encoder: Encoder

    @property
    def make(self) -> EncodedTables:
        """See `SplitTables`."""
        return EncodedTables(self.encoder)

    def whole(self, digest: str, split: ImageSplit, check: Callable[[], None]) -> FeatureTable:
        """See `SplitTables`."""
        return self.features.table(digest, split, self.encoder, check)

    def test(self, given: FeatureTable | None, task: Task) -> FeatureTable:
        """See `SplitTables`.

        Raises:
            ValueError: the features aren't given.
        """
        if given is None:
            raise ValueError(f"no features of the test split of {task.dataset.card.name} are given")
        return given


class LoadedBox(BlackBox):
    """A model in memory, on a GPU if there is one.

    Args:
        setup: of the worker.
        store: keeps features.
        packs: keep pixels.

    Raises:
        OtherWeights: the model isn't the one that was planned.
        UserError: it can't be loaded.
    """

    def __init__(self, setup: WorkerSetup, store: Store, packs: Packs) -> None:
        _refuse_other_weights(setup.backbone)
        gpu = torch.cuda.is_available() and not setup.on_cpu
        self.device = torch.device("cuda" if gpu else "cpu")
        self.feed = Feed(packs, setup.decoders, self.device)
        self._backbone = setup.backbone
        compiler = compiler_for(self.device, wanted=setup.compile)
        self.clip = replace(
            load_clip(setup.backbone, setup.precision, self.device), compiler=compiler
        )
        self._features = FeatureCache(store, setup.backbone.digest, setup.precision)
        slow = remark_on(setup.precision, self.device.type)
        ignored = setup.compile and self.device.type != "cuda"
        uncompiled = "--compile is ignored on a CPU: it compiles for GPUs" if ignored else ""
        self.remarks = tuple(filter(None, (slow, uncompiled)))

    def open(self, cell: Cell, task: Task, key: str) -> OpenBox:
        """See `BlackBox`."""
        del key
        oracle = ClipOracle(self.clip, task.class_names, Ledger(limit=cell.budget), Ledger())

        def beside(class_names: tuple[str, ...]) -> ClipOracle:
            return ClipOracle(self.clip, class_names, Ledger(limit=0), oracle.observer)

        return OpenBox(oracle, _Encoded(self._features, oracle.encode_images), beside)

    def provenance(self) -> Mapping[str, Any]:
        """See `BlackBox`."""
        gpu = torch.cuda.get_device_name() if self.device.type == "cuda" else ""
        return {
            "machine": gpu or f"{platform.machine()} CPU, {torch.get_num_threads()} threads",
            "towers": "as written" if self.clip.compiler is as_written else "compiled",
            "weights": self._backbone.pretrained,
        }

    def encode_test_split(self, task: Task, digest: str, check: Callable[[str], None]) -> None:
        """See `BlackBox`.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
            TrialError: the model's features are not finite.
        """
        oracle = ClipOracle(self.clip, task.class_names, Ledger(), Ledger())
        plain = preprocessing_of(self._backbone, "none")
        split = ImageSplit(task.dataset, task.test, plain, feed=self.feed)

        def unchanged() -> None:
            images = split_digest(task, ("test",))
            check(self._features.digest(images, split.preprocessing))

        unchanged()
        self._features.encode(digest, split, oracle.encode_images, unchanged)


def _refuse_other_weights(planned: ResolvedBackbone) -> None:
    """Looks at a model's own files anew: results under its key must be of no other one.

    Raises:
        OtherWeights: they are others.
        UserError: they are gone, or can't be read.
    """
    if planned.weights is None and planned.folder is None:
        return
    found = resolve_backbone(Backbone(model=planned.model, pretrained=planned.pretrained))
    if found.digest != planned.digest:
        files = f"the files in {planned.folder or planned.weights}"
        raise other_weights(f"backbone {planned.label!r}: {files}")
