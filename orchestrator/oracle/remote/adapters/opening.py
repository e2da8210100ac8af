"""Opens an adapter: a file that says how an HTTP interface is asked for scores."""

from orchestrator.oracle.backbone import Backbone
from orchestrator.oracle.remote.service import Caller, Service, ServiceError


def open_adapter(backbone: Backbone, caller: Caller, fingerprint: str = "") -> Service:
    """The service behind an adapter."""
    raise ServiceError(f"{backbone} {caller} {fingerprint}")
