"""What a service has charged a trial, of training and of measuring apart."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from orchestrator.money import SERVICE_MEASURING, SERVICE_TRAINING
from orchestrator.oracle.interface import Ledgers, Party
from orchestrator.oracle.remote.request import Charge

_NAMES: Mapping[Party, str] = {"method": SERVICE_TRAINING, "observer": SERVICE_MEASURING}


class Tally:
    """Adds up charges as they come: in the order of questions, so that sums of money are equal."""

    def __init__(self) -> None:
        self._charges: dict[Party, Charge] = dict.fromkeys(_NAMES, Charge())

    def add(self, party: Party, charges: Iterable[Charge]) -> None:
        """Takes note of charges for the questions of a party."""
        for charge in charges:
            self._charges[party] += charge

    @property
    def ledgers(self) -> dict[str, dict[str, int | float]]:
        """The charges so far, by the names that traces have for them; money only where it is."""
        return {
            name: {what: count for what, count in asdict(charge).items() if count is not None}
            for name, charge in ((_NAMES[party], self._charges[party]) for party in _NAMES)
        }

    def restore(self, ledgers: Ledgers) -> None:
        """Goes on from what `ledgers` said before."""
        for party, name in _NAMES.items():
            known = ledgers.get(name, {})
            counts = {what: int(count) for what, count in known.items() if what != "money"}
            self._charges[party] = Charge(**counts, money=known.get("money"))
