"""Examples below the help of each verb."""

import shlex
from collections.abc import Iterator

import typer

EXAMPLES = {
    "": ("querycurve run demo", "querycurve ui", "querycurve run --help"),
    "plan": ("querycurve plan demo", "querycurve plan few_shot --data /data --measure"),
    "run": (
        "querycurve run demo",
        "querycurve run mine.yaml --set budget=500 --set seeds=[1] --store try_out",
        "querycurve run few_shot --data /data --trials-per-gpu 2",
        "querycurve run few_shot --data s3://my-bucket/packs --address auto",
    ),
    "status": ("querycurve status demo", "querycurve status demo --watch"),
    "report": (
        "querycurve report demo",
        "querycurve report demo pocket_few_shot --to site",
        "querycurve report demo demo@other_results --to site",
    ),
    "compare": ("querycurve compare few_shot", "querycurve compare results other_results"),
    "track": ("querycurve track demo --tracking-uri http://my-server:5000",),
    "ui": ("querycurve ui", "querycurve ui --store try_out --port 5001"),
    "serve": (
        "querycurve serve --backbone ViT-B/16",
        "querycurve serve --answers '{top: 5}' --requests-per-minute 600",
        "querycurve serve --show-ledger",
    ),
    "export": (
        "querycurve export zip pocket_dots seed 1 --to prompt",
        "querycurve export 3f9c2a --to prompt",
    ),
    "datasets": (
        "querycurve datasets list --data /data",
        "querycurve datasets prepare dtd --data /data",
    ),
    "datasets prepare": ("querycurve datasets prepare dtd eurosat --data /data",),
    "datasets verify": (
        "querycurve datasets verify",
        "querycurve datasets verify shapes --spec mine.yaml",
    ),
    "datasets pack": ("querycurve datasets pack dtd --to s3://my-bucket/packs",),
    "new": ("querycurve new method my_method", "querycurve new dataset my_dataset"),
}
"""Commands as they are typed, by verb; of the command line itself by no verb."""


def add_examples(app: typer.Typer) -> None:
    """Puts the examples of each verb below its help."""
    app.info.epilog = _below("")
    for name, verb in _verbs(app):
        verb.epilog = _below(name)


def _verbs(app: typer.Typer, before: str = "") -> Iterator[tuple[str, typer.models.CommandInfo]]:
    """The verbs of an app, and of the apps in it, with their names."""
    for verb in app.registered_commands:
        called = verb.name or getattr(verb.callback, "__name__", "")
        yield f"{before}{called}", verb
    for group in app.registered_groups:
        inner = group.typer_instance
        if inner is not None:
            inner.info.epilog = _below(str(inner.info.name))
            yield from _verbs(inner, f"{inner.info.name} ")


def _below(name: str) -> str | None:
    """What is put below a verb's help; None where there are no examples."""
    lines = EXAMPLES.get(name)
    # \b keeps the lines as they are.
    return None if lines is None else "\n".join(["\b", "Examples:", *(f"  {one}" for one in lines)])


def words_of(example: str) -> list[str]:
    """What follows the command's name in an example, as a shell splits it."""
    return shlex.split(example)[1:]
