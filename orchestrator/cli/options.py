"""What can be typed after a verb."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli import completion
from orchestrator.spec.ready import ready_specs

Data = Annotated[
    str,
    typer.Option(
        envvar="QUERYCURVE_DATA",
        metavar="FOLDER",
        help="Folder that holds the datasets' folders or packs, or s3://BUCKET/PREFIX with packs.",
    ),
]
DATA = "data"
_SPEC_HELP = f"A YAML file, or a ready spec: {', '.join(ready_specs())}."
Spec = Annotated[
    str,
    typer.Argument(help=_SPEC_HELP, metavar="SPEC", autocompletion=completion.specs),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Change a field of the spec: --set budget=500, --set methods.zip.clip=none. "
        "Repeatable.",
        autocompletion=completion.overrides,
    ),
]
Store = Annotated[
    str,
    typer.Option(
        envvar="QUERYCURVE_STORE",
        metavar="FOLDER",
        help="Folder that holds all results, or s3://BUCKET/PREFIX.",
    ),
]
Tracking = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        envvar="MLFLOW_TRACKING_URI",
        metavar="URI",
        help="MLflow server or database; default: mlflow.db in the store, or here for s3://.",
    ),
]
Measure = Annotated[bool, typer.Option("--measure", help="Time the model on this machine first.")]
Cells = Annotated[bool, typer.Option("--cells", help="List every cell with its key.")]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1024,
        metavar="NUMBER",
        help="CPU cores of one actor, as --cpus of the run will be: threads that read images, "
        "and threads of the model on a CPU.",
        show_default="1; on GPUs its share of this machine's cores, 16 at most",
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object and nothing else; notes go to stderr."),
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Show it again and again until all is done, or Ctrl-C.")
]
Every = Annotated[
    float,
    typer.Option(
        min=0.1, max=86_400, metavar="SECONDS", help="Seconds between two looks of --watch."
    ),
]
NoTracking = Annotated[bool, typer.Option("--no-tracking", help="Don't write to MLflow.")]
Experiment = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC",
        help="The spec whose charts the page opens with.",
        show_default="what was written last",
    ),
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Don't open a browser.")]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Refuse the spec where a method doesn't fit a dataset or backbone, or a dataset can't "
        "be used; otherwise that is skipped with its reason.",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="Ray cluster to join ('auto': the one on this machine).",
        show_default="start one here",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Say what failed and what was found, and nothing on the way there.",
    ),
]
Dashboard = Annotated[
    bool,
    typer.Option(
        "--dashboard",
        help="Start Ray's dashboard as well, for this machine only; a joined cluster has its own.",
    ),
]
Actors = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=100_000,
        envvar="QUERYCURVE_ACTORS",
        metavar="NUMBER",
        help="The most oracle actors; a cluster that scales itself grows until it has them.",
        show_default="all that fit",
    ),
]
Cpus = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        max=1024,
        metavar="NUMBER",
        help="CPU cores of one actor: threads that decode and augment images, and, if given, "
        "threads of the model on a CPU.",
        show_default="1; on GPUs its share of the node's cores, 16 at most",
    ),
]
TrialsPerGpu = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=10_000,  # Ray counts in ten-thousandths
        envvar="QUERYCURVE_TRIALS_PER_GPU",
        metavar="NUMBER",
        help="Actors that share a GPU; 0 leaves GPUs alone.",
        show_default="1 where there are any",
    ),
]
Compile = Annotated[
    bool,
    typer.Option(
        "--compile",
        help="Compile the towers, with CUDA graphs, on GPUs: slow to start, then faster.",
    ),
]
Checkpoint = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="Seconds between two checkpoints of a cell.")
]
PixelCache = Annotated[
    str,
    typer.Option(
        envvar="QUERYCURVE_PIXEL_CACHE",
        metavar="SIZE",
        help="Most disk that decoded images take on each machine, for all runs together, such as "
        "50GB or 500MB; 0 keeps none. Some of the disk always stays free.",
    ),
]
PIXEL_CACHE = "20GB"
Rebuild = Annotated[
    bool,
    typer.Option(
        "--rebuild-features", help="Forget the store's image features; encode all images anew."
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost",
        min=0,
        metavar="AMOUNT",
        help="Refuse to start what would cost more, by the spec's `price`.",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Run even what costs more than --max-cost.")]
Patience = Annotated[
    float,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="Seconds to wait for a store or a service that doesn't answer.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Folder of one spec's report.", show_default="STORE/reports/NAME"
    ),
]
Specs = Annotated[
    list[str],
    typer.Argument(
        help=f"{_SPEC_HELP} SPEC@STORE takes its results from the folder or s3:// address after "
        f"the @ instead of --store.",
        metavar="SPEC[@STORE]",
        autocompletion=completion.specs,
    ),
]
To = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Folder of a site: the report of each spec, and an index.html with a leaderboard of "
        "what is comparable. New, empty, or of an earlier site. --set changes every spec; "
        "one that can't be reported is left out, and the exit code is 1.",
        show_default=False,
    ),
]
Tolerance = Annotated[
    float,
    typer.Option(min=0, metavar="POINTS", help="Points of accuracy that equal keys may be apart."),
]
Across = Annotated[
    list[str] | None,
    typer.Option(
        "--across",
        metavar="FIELD",
        help="Of two stores, compare cells that differ in this field alone, such as backbone. "
        "Repeatable.",
    ),
]
STORE = "results"
PATIENCE = 3600.0
"""Default of `--patience`, in seconds."""
