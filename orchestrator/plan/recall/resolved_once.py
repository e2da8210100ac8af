"""Resolves each model once, and remembers also that it can't be: services are waited for."""

from collections.abc import Callable

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone, ResolvedBackbone, resolve_backbone

Resolve = Callable[[Backbone], ResolvedBackbone]
"""Finds a model, as `backbone.resolve_backbone` does."""


class ResolvedOnce:
    """Finds models as `resolve_backbone` does, for a verb that asks for them again and again."""

    def __init__(self) -> None:
        self._known: dict[Backbone, ResolvedBackbone | UserError] = {}

    def __call__(self, backbone: Backbone) -> ResolvedBackbone:
        """The model behind a backbone.

        Raises:
            UserError: it can't be had, or could not be the first time.
        """
        if backbone not in self._known:
            try:
                self._known[backbone] = resolve_backbone(backbone)
            except UserError as error:
                self._known[backbone] = error
        known = self._known[backbone]
        if isinstance(known, UserError):
            raise known
        return known
