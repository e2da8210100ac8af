"""What a trace keeps of a method of another package, for when that isn't installed any more."""

from typing import Any

from extensions.entry_points import declared
from extensions.reference import place_of
from methods.interface import Method
from methods.registry import GROUP, is_shipped


def outside_facts(kind: type[Method]) -> dict[str, Any] | None:
    """Place, name, package, and the settings with their usual values; None of this project's own.

    Plain JSON values.
    """
    if is_shipped(kind):
        return None
    place = place_of(kind)
    offered = [one for ones in declared(GROUP).values() for one in ones if one.reference == place]
    usual = kind.settings_type.model_construct().model_dump(mode="json", warnings=False)
    return {
        "place": place,
        "name": kind.name,
        "package": offered[0].package if offered else "",
        "trains": kind.trains,
        "defaults": usual,
        "variants": {name: dict(changed) for name, changed in kind.variants.items()},
    }
