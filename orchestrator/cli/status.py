"""The verb `status`: what is going on with a spec, once or until all is done."""

import typer

from orchestrator.cli import options
from orchestrator.cli.typed_command import Typed
from orchestrator.cli.work import open_work_to_read
from orchestrator.errors import UserError


def status(  # noqa: PLR0913, PLR0917 - what can be typed
    spec: options.Spec,
    set_: options.Set = None,
    store: options.Store = options.STORE,
    data: options.Data = options.DATA,
    watch: options.Watch = False,
    every: options.Every = 5.0,
    json_: options.Json = False,
) -> None:
    """Show whether anything runs and where the cells of a spec stand; works while it runs."""
    if watch and json_:
        raise UserError(
            "--watch and --json don't go together: ask for --json as often as you want to know."
        )
    typed = Typed(spec, set_, store, data)
    work = open_work_to_read(spec, set_, store, data, results=False)
    if json_:
        from orchestrator.cli.as_json.status import print_status

        print_status(work)
        return
    from orchestrator.cli.standing import standing_of
    from orchestrator.cli.status_view import show_whole_status

    if not watch:
        show_whole_status(work, standing_of(work), typed)
        return
    from orchestrator.cli.watch import terminal, watch_status

    code = watch_status(work, typed, every, terminal())
    if code:
        raise typer.Exit(code)
