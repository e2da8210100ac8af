"""Measures the whole GPU table: `make bench-gpu`, `--help` says the rest."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import torch

from benchmarks.local_cache import VARIABLE
from tests.performance.fitting import Allowance, Fitting, said
from tests.performance.gpu.outcome import Outcome
from tests.performance.gpu.setting import Setting, tiny, whole
from tests.performance.gpu.steps import GROUPS, Step, steps
from tests.performance.gpu.table import HEADER, RULE, line, write

_ABOUT = """\
Measures on a GPU: the image tower's share of the bf16 peak, a whole ZIP cell from JPEG files, most
cases of `make bench` at 12 layers in fp32, tf32 and bf16 with and without --compile, 1, 2 and 4
trials a GPU, and bench-cell. Nothing is downloaded: weights are untrained, photographs made up.
Prints a table, and writes it as JSON and as Markdown. A row that fails says why, and the others
go on. Exit code: 0, or 1 if a row failed, or 2 without a GPU."""
_NONE = (
    "There is no GPU that torch {version} sees here, so nothing was measured; `make bench-gpu` "
    "would measure {count} rows ({groups}) on one. Try its code on this CPU with --try-on-cpu."
)


def main(words: Sequence[str], tried: Setting | None = None) -> int:
    """Runs what the words of a command line ask for; `tried` stands in for `--try-on-cpu`'s."""
    options = _options(words)
    with (
        tempfile.TemporaryDirectory() as name,
        patch.dict(os.environ, {VARIABLE: str(Path(name) / "cache")}),
    ):
        folder = Path(name)
        if not options.try_on_cpu and not torch.cuda.is_available():
            count = len(steps(whole(), folder, tuple(options.only)))
            groups = ", ".join(options.only or GROUPS)
            print(_NONE.format(version=torch.__version__, count=count, groups=groups))
            return 2
        setting = (tried or tiny()) if options.try_on_cpu else whole()
        about = _about(setting)
        print(*about, "", HEADER, RULE, sep="\n", flush=True)
        fitting = Fitting(
            [step.piece for step in steps(setting, folder, tuple(options.only))],
            Allowance(60 * options.minutes),
        )
        outcomes = _measured(fitting, judged=not options.try_on_cpu)
    left_out = [str(one) for one in fitting.left_out]
    written = write(options.out, about, outcomes, left_out)
    for text in filter(None, (said(fitting.left_out, options.minutes), _summary(outcomes))):
        print(f"\n{text}")
    print("written: " + ", ".join(map(str, written)))
    return int(any(outcome.error for outcome in outcomes))


def _measured(fitting: Fitting[Step], *, judged: bool) -> list[Outcome]:
    outcomes = []
    for size in fitting:
        for outcome in size.work.outcomes():
            outcomes.append(outcome if judged else outcome.unjudged)
            print(line(outcomes[-1]), flush=True)
        _let_go()
    return outcomes


def _let_go() -> None:
    """Gives back what a row held on the GPU, which actors of the next row may need."""
    torch.compiler.reset()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _about(setting: Setting) -> tuple[str, ...]:
    tried = "Tried on a CPU: these figures mean nothing. " if setting.device.type == "cpu" else ""
    machine = setting.machine
    return (
        f"{tried}{machine.name}, {setting.cores} CPU cores; torch {torch.__version__}; "
        f"ViT-B/16 shapes, {setting.extent.layers} layers, mini-batches of {setting.extent.batch}, "
        f"untrained.",
    )


def _summary(outcomes: Sequence[Outcome]) -> str:
    met = sum(outcome.met is True for outcome in outcomes)
    missed = [outcome.row for outcome in outcomes if outcome.met is False]
    failed = [outcome.row for outcome in outcomes if outcome.error]
    text = f"{len(outcomes)} rows; goals met: {met}"
    if missed:
        text += f"; missed: {', '.join(missed)}"
    return text + (f"; failed: {', '.join(failed)}" if failed else "")


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.performance.gpu",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=(), help="some rows only")
    parser.add_argument(
        "--minutes", type=float, default=60, help="leave out what doesn't fit (default 60)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("results/gpu"), help="folder (default results/gpu)"
    )
    parser.add_argument(
        "--try-on-cpu", action="store_true", help="run the same code tiny on the CPU, in seconds"
    )
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
