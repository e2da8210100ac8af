"""What can be typed after the verb `serve`."""

from typing import Annotated

import typer

Backbone = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|YAML",
        help="The model that is offered: a name, or a mapping as in a spec, such as "
        "'{model: ViT-B-16, pretrained: openai}'.",
        show_default="pocket",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="What clients call it.", show_default="the backbone's name"),
]
Precision = Annotated[
    str, typer.Option(metavar="FORMAT", help="Number format: fp32, tf32, bf16 or fp16.")
]
Answers = Annotated[
    str,
    typer.Option(
        metavar="YAML",
        help="The richest answer that it gives: logits, log_probabilities, label, '{top: 5}', with "
        "digits or noise, such as '{top: 5, digits: 2}'.",
    ),
]
Host = Annotated[
    str, typer.Option(metavar="HOST", help="Address; one beyond this machine needs --token-from.")
]
Port = Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="0 takes a free one.")]
RequestsPerMinute = Annotated[
    float | None,
    typer.Option(
        min=0.001,
        max=1_000_000,
        metavar="NUMBER",
        help="Requests for scores that a client may send in any 60 seconds.",
        show_default="no limit",
    ),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1000,
        metavar="NUMBER",
        help="Requests for scores that are answered at once; others wait.",
        show_default="no limit",
    ),
]
Threads = Annotated[
    int,
    typer.Option(
        min=1,
        max=1024,
        metavar="NUMBER",
        help="CPU threads of the model; with as many as an actor has, answers equal those in "
        "memory to the last digit.",
    ),
]
MaxRequest = Annotated[str, typer.Option(metavar="SIZE", help="Largest request, such as 64MB.")]
TokenFrom = Annotated[
    str | None,
    typer.Option(
        metavar="VARIABLE",
        help="Environment variable with a token that clients must send, or with NAME:TOKEN pairs "
        "and commas between them; quotas and charges are by NAME.",
        show_default="no token is asked for",
    ),
]
Price = Annotated[
    str | None,
    typer.Option(
        metavar="YAML",
        help="What it says that it costs, such as '{per_call: 0.002, per_image: 0.0001, "
        "per_1000_tokens: 0.01}'.",
        show_default="it doesn't speak of money",
    ),
]
Ledger = Annotated[
    str, typer.Option(metavar="FILE", help="Where charges are kept; ':memory:' forgets them.")
]
Fail = Annotated[
    float,
    typer.Option(
        min=0, max=1, metavar="SHARE", help="Share of requests for scores that fail, for tests."
    ),
]
FailSeed = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER", help="Seed of which requests fail.", show_default="others each time"
    ),
]
Latency = Annotated[
    str, typer.Option(metavar="DURATION", help="Delay of each request for scores, such as 50ms.")
]
ShowLedger = Annotated[
    bool, typer.Option("--show-ledger", help="Show what clients were charged, and end.")
]
Labels = Annotated[
    bool,
    typer.Option("--labels", help="With --show-ledger: a line for each label, such as a cell's."),
]
