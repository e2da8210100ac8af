"""Opens an adapter: a file that says how an HTTP interface is asked for scores."""

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone
from orchestrator.oracle.remote.adapters.adapted_service import AdaptedService
from orchestrator.oracle.remote.adapters.environment import Secrets
from orchestrator.oracle.remote.adapters.file import AdapterFile, read_adapter
from orchestrator.oracle.remote.adapters.http import Senders
from orchestrator.oracle.remote.adapters.interface import Interface
from orchestrator.oracle.remote.adapters.python_interface import PythonInterface
from orchestrator.oracle.remote.adapters.yaml_interface import YamlInterface
from orchestrator.oracle.remote.adapters.yaml_reading import read_form
from orchestrator.oracle.remote.service import Caller, ModelChanged, Service


def open_adapter(backbone: Backbone, caller: Caller, fingerprint: str = "") -> Service:
    """The service behind an adapter.

    Args:
        backbone: one with an `adapter`, whose file is read now unless it brings it.
        caller: who asks.
        fingerprint: of the model that was planned; "" takes any.

    Raises:
        ModelChanged: the file or the service's model isn't the one that was planned.
        ServiceError: the service doesn't answer, or an environment variable is missing.
        UserError: the file can't be read or used.
    """
    if backbone.adapter is None:
        raise UserError("expected a backbone with an adapter")
    secrets = Secrets(backbone.token_from)
    senders = Senders(caller, secrets, backbone.timeout, backbone.in_flight)
    given = backbone.file or read_adapter(backbone.adapter)
    try:
        interface = _interface(given, backbone, senders)
        opened = AdaptedService(interface, backbone.model, backbone.in_flight)
    except BaseException:
        senders.close()
        raise
    found = opened.capabilities.fingerprint
    if fingerprint and found != fingerprint:
        opened.close()
        raise ModelChanged(
            f"the adapter {given.name}, or what its service says of {backbone.model!r}, has "
            f"changed since the plan was made (fingerprint {found[:12]}, expected "
            f"{fingerprint[:12]}). Plan anew: what was measured before stays under its own key."
        )
    return opened


def _interface(file: AdapterFile, backbone: Backbone, senders: Senders) -> Interface:
    service = backbone.service or ""
    if file.python:
        return PythonInterface(file, backbone.model, service, senders)
    return YamlInterface(read_form(file), backbone.model, service, senders)
