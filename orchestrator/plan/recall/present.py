"""Whether a stored result is of the present code and spec, as far as its trace says so."""

from orchestrator.plan.recall.stored import Stored
from orchestrator.spec.spec import Spec
from orchestrator.trial.code_fingerprints import fingerprints


class Present:
    """Knows the fingerprints that take neither data nor weights."""

    def __init__(self, spec: Spec) -> None:
        self._templates = {own.name: list(own.templates) for own in spec.own_datasets}

    def allows(self, one: Stored) -> bool:
        """Whether a result was made in no other way; those of former releases don't say how."""
        if not one.of_known_code:
            return True
        recorded = one.provenance["fingerprints"]
        known = fingerprints(one.cell)
        if templates := self._templates.get(one.cell.dataset):
            known["templates"] = templates
        return all(recorded.get(name) == value for name, value in known.items())
