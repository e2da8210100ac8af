"""The `report` verb: of one spec, or of several as a site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.work import open_work_to_read
from orchestrator.console import errors, say, warn
from orchestrator.errors import UserError
from orchestrator.masking import masked

if TYPE_CHECKING:
    from orchestrator.analysis.report.comparison import Comparison
    from orchestrator.analysis.site.page import LeftOut
    from orchestrator.analysis.site.write import Site


@dataclass(frozen=True)
class Typed:
    """What was typed after the verb.

    Attributes:
        specs: each a spec, or `SPEC@STORE`.
        overrides: `field=value`, each of which changes every spec.
        store: of specs that name none.
        data: the data root.
        out: folder of one report; None for the usual one.
        to: folder of a site; None for one report.
    """

    specs: Sequence[str]
    overrides: Sequence[str] | None
    store: str
    data: str
    out: Path | None
    to: Path | None


@dataclass(frozen=True)
class Asked:
    """One experiment that was asked for.

    Attributes:
        said: as it was typed, without passwords.
        spec: a YAML file, or the name of a ready spec.
        store: where its results lie.
    """

    said: str
    spec: str
    store: str


def asked_of(said: str, store: str) -> Asked:
    """What `SPEC` or `SPEC@STORE` means.

    The spec ends at the first @. Where there are files whose names hold one, it is the longest
    that is a file.

    Args:
        said: as typed.
        store: taken where none is named.

    Raises:
        UserError: nothing stands before or after the @.

    Example:
        >>> asked_of("demo@s3://bucket/results", "results").store
        's3://bucket/results'
    """
    places = [place for place, letter in enumerate(said) if letter == "@"]
    ends = [end for end in (len(said), *reversed(places)) if _is_file(said[:end])]
    end = (ends or places or [len(said)])[0]
    spec, named = said[:end], said[end + 1 :]
    if not spec or (end < len(said) and not named):
        raise UserError(
            f"{masked(said) or 'an empty argument'}: expected a spec, or SPEC@STORE with a spec "
            f"before the @ and a store after it."
        )
    return Asked(masked(said), spec, named or store)


def report_all(typed: Typed) -> bool:
    """Writes the report of one spec, or a site of all of them.

    Returns:
        Whether nothing was left out.

    Raises:
        UserError: the options don't go together, or there is nothing to report.
    """
    asked = [asked_of(said, typed.store) for said in typed.specs]
    _check(asked, typed)
    if typed.to is None:
        _report_one(asked[0], typed)
        return True
    return _site_of(asked, typed, typed.to)


def _check(asked: Sequence[Asked], typed: Typed) -> None:
    if typed.out is not None and typed.to is not None:
        raise UserError("--out is the folder of one report, --to that of a site: give one of them.")
    if len(asked) > 1 and typed.to is None:
        raise UserError(
            f"{len(asked)} specs are written as a site: say where, such as --to site/."
            + (" --out is for one report." if typed.out else "")
        )
    known: set[tuple[str, str]] = set()
    for one in asked:
        place = (one.spec, one.store)
        if place in known:
            raise UserError(
                f"{one.said} is given twice, with the same store: leave one out, or name the "
                f"store of each, as SPEC@STORE."
            )
        known.add(place)


def _report_one(asked: Asked, typed: Typed) -> None:
    from orchestrator.cli.report import out_folder, show_report, write_plan_report
    from orchestrator.cli.run_links import link_to_read
    from orchestrator.tracking.address import tracking_address

    folder = out_folder(typed.out)
    work = open_work_to_read(asked.spec, typed.overrides, asked.store, typed.data)
    link = link_to_read(work.plan.spec.name, tracking_address(None, asked.store))
    written = write_plan_report(work.plan, work.store, folder, work.search, warn, run_link=link)
    show_report(written, work.plan)


def _site_of(asked: Sequence[Asked], typed: Typed, to: Path) -> bool:
    """Its reports have no links into MLflow: a site is read where that is not."""
    from orchestrator.analysis.site.folder import check_folder
    from orchestrator.analysis.site.page import LeftOut
    from orchestrator.analysis.site.write import write_site
    from orchestrator.cli.report import out_folder

    folder = out_folder(to, "--to")
    assert folder is not None  # as --to was given
    check_folder(folder)  # before anything is read
    found: list[tuple[str, Comparison]] = []
    left_out: list[LeftOut] = []
    for one in asked:
        try:
            found.append((one.said, _comparison_of(one, typed)))
        except UserError as error:
            left_out.append(LeftOut(one.said, masked(str(error))))
        except OSError as error:
            at = f" ({error.filename})" if error.filename else ""
            left_out.append(LeftOut(one.said, f"It can't be read: {error.strerror}{at}."))
    if not found:
        _tell(left_out)
        raise UserError("there is nothing to report, so no site was written.")
    site = write_site(folder, found, left_out)
    _tell(site.left_out)
    if not site.experiments:
        raise UserError("no report could be written.")
    _show(site)
    return not site.left_out


def _comparison_of(asked: Asked, typed: Typed) -> Comparison:
    from orchestrator.cli.report import comparison_with_search

    work = open_work_to_read(asked.spec, typed.overrides, asked.store, typed.data)
    return comparison_with_search(work.plan, work.store, work.search, warn)


def _tell(left_out: Sequence[LeftOut]) -> None:
    for one in left_out:
        say(f"left out: {one.said}: {one.reason}", "red", errors)


def _show(site: Site) -> None:
    """What each report found, then where everything lies."""
    from rich.text import Text

    from orchestrator.console import output

    for one in site.experiments:
        said = "" if one.name == one.comparison.name else f" ({one.said})"
        for start, text in zip([f"{one.name}{said}: "], one.in_words, strict=False):
            output.print(Text(start + text), soft_wrap=False)
    for name in site.unlinked:
        say(f"note: {name} is of an earlier site, and the index doesn't lead to it any more")
    say(f"leaderboard: {site.table}")
    say(f"site: {site.page}")


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False
