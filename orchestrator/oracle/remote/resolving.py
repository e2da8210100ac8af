"""Finds out which model a service offers, when a plan is made."""

from contextlib import closing

from orchestrator.oracle.backbone import SERVICE, Backbone, RemoteModel, ResolvedBackbone
from orchestrator.oracle.remote.service import Caller

PATIENCE = 10.0
"""Seconds to wait for a service while a plan is made: somebody looks on."""


def resolve_remote(backbone: Backbone) -> ResolvedBackbone:
    """The model behind a remote backbone, as the service describes it now.

    Raises:
        UserError: it doesn't answer, speaks another protocol or has no such model, or the adapter
            can't be read.
    """
    from orchestrator.oracle.remote.connect import connect

    backbone = backbone.with_file()
    with closing(connect(backbone, Caller(patience=PATIENCE))) as service:
        told = service.capabilities
    model = f"{SERVICE}{backbone.model}"
    return ResolvedBackbone(
        label=backbone.model,
        model=model,
        pretrained=None,
        digest=f"{model}:{told.fingerprint}",
        remote=RemoteModel(backbone, told),
    )
