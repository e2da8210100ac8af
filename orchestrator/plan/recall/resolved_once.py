"""Resolves each model once, and remembers also that it can't be: services are waited for."""

from collections.abc import Callable

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone, ResolvedBackbone, resolve_backbone

Resolve = Callable[[Backbone], ResolvedBackbone]
"""Finds a model, as `backbone.resolve_backbone` does."""


class ResolvedOnce:
    """Finds models as `resolve_backbone` does, for a verb that asks for them again and again.

    Args:
        say: told that a service is asked, as one that is down is waited for.
    """

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self._say = say
        self._known: dict[Backbone, ResolvedBackbone | UserError] = {}

    def __call__(self, backbone: Backbone) -> ResolvedBackbone:
        """The model behind a backbone.

        Raises:
            UserError: it can't be had, or could not be the first time.
        """
        if backbone not in self._known:
            if backbone.remote:
                self._say(f"asking the service of {backbone.model!r} what it offers ...")
            try:
                self._known[backbone] = resolve_backbone(backbone)
            except UserError as error:
                self._known[backbone] = error
        known = self._known[backbone]
        if isinstance(known, UserError):
            raise known
        return known
