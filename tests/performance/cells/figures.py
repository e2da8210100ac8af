"""All that one call of the bench has found."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from tests.performance.cells.clock import Spent
from tests.performance.cells.need import assumption, cores
from tests.performance.cells.options import Options
from tests.performance.cells.stages import Stage
from tests.performance.cells.table import SIDES, Row


@dataclass(frozen=True)
class Figures:
    """What was measured.

    Attributes:
        kilobytes: of an image's file, on average.
        encoding: of the features of the test split, on each side.
        rows: of the cells.
        stages: of single images and texts.
        left_out: which methods, and why.
        profile: what costs most in a warm cell; empty if nobody asked.
    """

    kilobytes: float
    encoding: tuple[Spent, ...]
    rows: tuple[Row, ...]
    stages: tuple[Stage, ...]
    left_out: tuple[str, ...] = ()
    profile: str = ""

    @property
    def equal(self) -> bool:
        """Whether all cells have the same traces, ledgers and prompts on all sides."""
        return all(row.equal for row in self.rows)

    def as_json(self, options: Options) -> str:
        """Everything, with the options that led to it."""
        document = {
            "options": {**asdict(options), "json": None},
            "kilobytes": self.kilobytes,
            "test_features": dict(zip(SIDES, map(asdict, self.encoding), strict=True)),
            "cells": [_cell(row) for row in self.rows],
            "stages": [_stage(stage) for stage in self.stages],
            "assumption": assumption(),
            "left_out": self.left_out,
        }
        return json.dumps(document, indent=2)


def _cell(row: Row) -> dict[str, Any]:
    sides = {
        name: {**asdict(ran.spent), "by_activity": dict(ran.trace.timing)}
        for name, ran in zip(SIDES, row.sides, strict=True)
    }
    return {"method": row.label, "note": row.note, "equal": row.equal, "seconds": sides}


def _stage(stage: Stage) -> dict[str, Any]:
    needed = cores(stage.seconds) if stage.fed else None
    return {**asdict(stage), "cores_for_an_h100": needed}
