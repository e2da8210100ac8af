"""Opens the way to a service: our own protocol, or an adapter for another one."""

from orchestrator.oracle.backbone import Backbone
from orchestrator.oracle.remote.service import Caller, Service


def connect(backbone: Backbone, caller: Caller | None = None, fingerprint: str = "") -> Service:
    """The service behind a remote backbone, once it has said what it can do.

    Args:
        backbone: one with a `service` or an `adapter`.
        caller: who asks; None for somebody with little patience and no limits.
        fingerprint: of the model that was planned; "" takes any.

    Raises:
        ModelChanged: it has another model.
        ServiceError: it doesn't answer, or speaks another protocol.
        UserError: the adapter can't be read.
    """
    if backbone.adapter is not None:
        from orchestrator.oracle.remote.adapters.opening import open_adapter

        return open_adapter(backbone, caller or Caller(), fingerprint)
    from orchestrator.oracle.remote.protocol.http_service import HttpService

    return HttpService.open(backbone, caller or Caller(), fingerprint)
