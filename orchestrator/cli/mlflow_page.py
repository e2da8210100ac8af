"""The `ui` verb: becomes MLflow's own page server on a database."""

from __future__ import annotations

import os
import socket
import sys

from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.store.sqlite_address import sqlite_file
from orchestrator.tracking.database import DatabaseError, settle


def show_page(uri: str, host: str, port: int) -> None:
    """Replaces this process by MLflow's server; a database that was moved is mended before.

    Args:
        uri: of MLflow's database.
        host: address that the page is served at.
        port: its port.

    Raises:
        UserError: nothing was tracked there, it can't be read, or the port is taken.
    """
    if uri.startswith(("http://", "https://")):
        raise UserError(f"MLflow at {masked(uri)} has a page of its own: open it in a browser.")
    file = sqlite_file(uri)
    if file is not None:
        if not file.exists() and not file.is_symlink():
            raise UserError(f"nothing was tracked in {file} yet. Run a spec first.")
        try:
            settle(file)
        except DatabaseError as error:
            raise UserError(f"MLflow can't read {file}: {error}.") from None
    _check_port(host, port)
    # Not as an argument: other users see those, and an address may hold a password.
    os.environ["MLFLOW_BACKEND_STORE_URI"] = uri
    command = [sys.executable, "-m", "mlflow", "ui", "--host", host, "--port", str(port)]
    os.execv(sys.executable, command)


def _check_port(host: str, port: int) -> None:
    """Refuses a port that can't be listened at now."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"can't serve a page at {host}:{port}: {reason}. Choose another port with --port, or "
            f"another address with --host."
        ) from None
