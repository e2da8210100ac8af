"""The `ui` verb: becomes MLflow's own page server on a database, opened where the charts are."""

from __future__ import annotations

import difflib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.console import say
from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.store.sqlite_address import sqlite_file
from orchestrator.tracking.database import DatabaseError, settle
from orchestrator.tracking.experiments import Experiment, experiments_in

_EVERYWHERE = ("0.0.0.0", "::", "")  # what a server listens at, and no address to go to


@dataclass(frozen=True)
class Page:
    """How MLflow's page is asked for.

    Attributes:
        host: address that it is served at.
        port: its port.
        experiment: name of what it opens with, or a spec file of that name; None takes the one that
            was written last.
        opens: whether a browser may be opened.
    """

    host: str
    port: int
    experiment: str | None = None
    opens: bool = True

    @property
    def server(self) -> str:
        """Its address for a browser on this machine."""
        host = "127.0.0.1" if self.host in _EVERYWHERE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def show_page(uri: str, page: Page) -> None:
    """Replaces this process by MLflow's server; a database that was moved is mended before.

    Args:
        uri: of MLflow's database.
        page: what is asked for.

    Raises:
        UserError: nothing was tracked there, it can't be read, or the port is taken.
    """
    if uri.startswith(("http://", "https://")):
        raise UserError(f"MLflow at {masked(uri)} has a page of its own: open it in a browser.")
    file = sqlite_file(uri)
    address = page.server
    if file is not None:
        address = _checked(file, uri, page.experiment).charts(page.server)
    _check_port(page.host, page.port)
    say(f"MLflow is starting; until Ctrl-C it is at\n{address}")
    if page.opens and _has_browser(os.environ):
        _open_when_served(page, address)
    # Not as an argument: other users see those, and an address may hold a password.
    os.environ["MLFLOW_BACKEND_STORE_URI"] = uri
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # of what MLflow itself is built with
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    os.environ.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")  # nobody asks for jobs
    where = ["--host", page.host, "--port", str(page.port)]
    quiet = ["--workers", "1", "--uvicorn-opts", "--log-level warning"]
    os.execv(sys.executable, [sys.executable, "-m", "mlflow", "ui", *where, *quiet])


def _checked(file: Path, uri: str, name: str | None) -> Experiment:
    """The experiment to open with."""
    nothing = UserError(f"nothing was tracked in {file} yet. Run a spec first.")
    if not file.exists() and not file.is_symlink():
        raise nothing
    try:
        settle(file)
        found = experiments_in(uri)
    except DatabaseError as error:
        raise UserError(f"MLflow can't read {file}: {error}.") from None
    named = [one for one in found if one.id != "0"]  # which is MLflow's own, and empty
    if not named:
        raise nothing
    return named[0] if name is None else _named(name, named)


def _named(name: str, found: list[Experiment]) -> Experiment:
    """An experiment by its name, which may be that of a spec's file."""
    by_name = {one.name: one for one in found}
    experiment = by_name.get(name) or by_name.get(Path(name).stem)
    if experiment is not None:
        return experiment
    close = difflib.get_close_matches(name, by_name, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    known = ", ".join(sorted(by_name))
    raise UserError(f"--experiment: nothing was tracked of {name!r}, only of {known}.{hint}")


def _has_browser(environment: Mapping[str, str]) -> bool:
    """Whether somebody sits before a screen here; a browser of text would take the terminal."""
    if not sys.stdout.isatty() or "SSH_CONNECTION" in environment:
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def _open_when_served(page: Page, address: str) -> None:
    """Leaves it to another process, as this one becomes the server."""
    subprocess.Popen(
        [sys.executable, "-m", "orchestrator.cli.browser", page.server, address],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _check_port(host: str, port: int) -> None:
    """Refuses a port that can't be listened at now."""
    try:
        _listen(host, port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        free = _free_port(host)
        choose = "another port with --port" if free is None else f"a free port with --port {free}"
        raise UserError(
            f"can't serve a page at {host}:{port}: {reason}. Choose {choose}, or another address "
            f"with --host."
        ) from None


def _free_port(host: str) -> int | None:
    """A port that can be listened at; None where none can, as the address is not this machine's."""
    try:
        return _listen(host, 0)
    except (OSError, UnicodeError):
        return None


def _listen(host: str, port: int) -> int:
    """Listens for a moment; returns the port, which 0 leaves to the system."""
    family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        return int(probe.getsockname()[1])
