"""Reads a search where its data aren't here."""

from dataclasses import replace

from orchestrator.analysis.search import Search
from orchestrator.plan.plan import Plan
from orchestrator.plan.recall.reader import Reader
from orchestrator.search.plan import PlannedSearch, comes_along, data_digest, with_what_follows
from orchestrator.search.study import read_search
from orchestrator.spec.search import SearchSpec
from orchestrator.spec.spec import Spec


def read_with_search(spec: Spec, section: SearchSpec, reader: Reader) -> tuple[Plan, PlannedSearch]:
    """A spec's plan with the cells that follow from its search, and the search.

    A study is named by the images that its trials use. Where those aren't here, the traces of its
    baseline say which they were.

    Args:
        spec: the comparison.
        section: its search.
        reader: plans, and looks up what isn't here.

    Raises:
        UserError: the study or the store can't be read, or the store is no place for a study.
    """
    store, nothing = reader.stored.store, Search(section.method, section.count, ())

    def blind(alone: Spec) -> Plan:
        return reader.plan(alone, blind=True)

    unread = PlannedSearch(spec, section, store, reader.data_root, nothing, make=blind)
    for data in ("",) if comes_along(spec) else _digests(unread.plan):
        search = read_search(spec, section, store, data)
        if search.trials:
            break
    found = replace(unread, search=search, data=data)
    return with_what_follows(found, reader.plan), found


def _digests(plan: Plan) -> tuple[str, ...]:
    """Digests of the images that a search may have been run on, the likeliest first.

    A dataset that isn't here may not have been there when it ran, either.
    """
    without = (replace(c, split="") if c.cell.dataset in plan.unchecked else c for c in plan.cells)
    return data_digest(plan), data_digest(replace(plan, cells=tuple(without)))
