"""A command of `querycurve`, as it is to be typed."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.cli import options
from orchestrator.masking import masked


@dataclass(frozen=True)
class Typed:
    """What was typed of a spec, so that another verb can be told the same.

    Attributes:
        spec: the spec.
        overrides: `--set`, each.
        store: `--store`.
        data: `--data`.
    """

    spec: str
    overrides: Sequence[str] | None
    store: str
    data: str

    def command(self, verb: str, tracking_uri: str | None = None) -> str:
        """The command with another verb; what the environment says is left out.

        Example:
            >>> Typed("demo", ["budget=500"], "my results", "data").command("run")
            "querycurve run demo --set budget=500 --store 'my results'"
        """
        words = ["querycurve", verb, self.spec]
        for override in self.overrides or ():
            words += ["--set", override]
        return shlex.join([*words, *self._places(tracking_uri)])

    def _places(self, tracking_uri: str | None) -> Iterator[str]:
        typed = (
            ("--store", self.store, options.STORE, "QUERYCURVE_STORE"),
            ("--data", self.data, options.DATA, "QUERYCURVE_DATA"),
            ("--tracking-uri", tracking_uri, None, "MLFLOW_TRACKING_URI"),
        )
        for option, value, default, variable in typed:
            if value is not None and value not in (default, os.environ.get(variable)):
                yield from (option, masked(value))
