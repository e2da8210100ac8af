"""A service that speaks our protocol over HTTP."""

from orchestrator.oracle.backbone import Backbone
from orchestrator.oracle.remote.service import Caller, Service, ServiceError


class HttpService:
    """A service that speaks our protocol over HTTP."""

    @classmethod
    def open(cls, backbone: Backbone, caller: Caller, fingerprint: str = "") -> Service:
        """The service at an address."""
        raise ServiceError(f"{backbone} {caller} {fingerprint}")
