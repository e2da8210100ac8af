"""Shows on the terminal what is going on with a spec."""

from __future__ import annotations

from orchestrator.cli.pixel_cache import show_pixels
from orchestrator.cli.plan_view import show_recalled, show_status
from orchestrator.cli.standing import Standing
from orchestrator.cli.typed_command import Typed
from orchestrator.cli.work import Work, is_there
from orchestrator.console import say


def show_whole_status(work: Work, standing: Standing, typed: Typed) -> None:
    """What is going on in one line, then where the cells and the search stand."""
    say(standing.text(typed.command("run")))
    show_status(work.plan, work.store, standing.working)
    if not is_there(work.store):
        say(f"note: there is no store at {typed.store}")
    show_recalled(work.plan)
    if work.search is not None:
        from orchestrator.cli.search import show_search_status

        show_search_status(work.search)
    show_pixels()
