"""Finds out whether a Ray cluster answers, before Ray is told to join it.

Ray itself tries for a quarter of an hour, writes lines to the terminal all the while, and can't be
stopped. So another process asks the cluster first, for a limited time.
"""

import os
import re
import socket
import subprocess
import sys
from importlib import import_module
from time import monotonic, sleep
from typing import Any, NamedTuple

from orchestrator.errors import UserError, last_line

CLIENT = "ray://"
AUTO = "auto"

PORT_PATIENCE = 10.0
"""Seconds until something must listen at the address."""

ANSWER_PATIENCE = 40.0
"""Seconds until it must answer as a Ray cluster does; one that is well takes one."""

_PLACE = re.compile(r"(\[[^\]]+\]|[^:/\s]+):(\d{1,5})")
_UNKNOWN = 3
"""Exit code of the other process where it can't ask, as Ray has changed."""
_NO_RAY = ("become available", "Failed to connect to GCS", "RpcError")
_AGAIN = 1.0


class Named(NamedTuple):
    """A cluster's address, and where it was given: `--address` or `RAY_ADDRESS`."""

    address: str
    source: str

    def __str__(self) -> str:
        return f"the Ray cluster at {self.address!r} (from {self.source})"

    def refusal(self, reason: str) -> UserError:
        """The error for a cluster that can't be joined."""
        other = "Unset it" if self.source == "RAY_ADDRESS" else "Leave it out"
        return UserError(
            f"can't reach {self}: {reason}. Correct {self.source}, or start that cluster. {other} "
            f"to run on this machine."
        )


def named_cluster(address: str | None) -> Named | None:
    """The cluster that was named, and where; None to start one here.

    As Ray has it, `auto` is what RAY_ADDRESS says, if it says anything.
    """
    given, set_ = (address or "").strip(), os.environ.get("RAY_ADDRESS", "").strip()
    named = (
        Named(set_, "RAY_ADDRESS") if given in ("", AUTO) and set_ else Named(given, "--address")
    )
    return None if named.address in ("", "local") else named


def check_reachable(named: Named) -> None:
    """Refuses a cluster that doesn't answer within a minute.

    Raises:
        UserError: the address is none, nothing listens there, or it is no Ray cluster.
    """
    check_listening(named)
    if "://" not in named.address:
        reason = _ask_apart(named.address)
        if reason:
            raise named.refusal(reason)


def check_listening(named: Named) -> None:
    """Refuses an address that is none, or where nothing listens; loads nothing of Ray's.

    Raises:
        UserError: it is such an address.
    """
    address = named.address
    if address != AUTO and not _is_foreign(address):
        place = _PLACE.fullmatch(address.removeprefix(CLIENT))
        if place is None or not 0 < int(place[2]) < 1 << 16:
            raise named.refusal(f"expected HOST:PORT, {CLIENT}HOST:PORT or {AUTO}")
        reason = _wait_for_port(place[1].strip("[]"), int(place[2]))
        if reason:
            raise named.refusal(reason)


def _is_foreign(address: str) -> bool:
    """Whether an address is of another kind, which a package beside Ray brings."""
    return "://" in address and not address.startswith(CLIENT)


def _wait_for_port(host: str, port: int) -> str:
    """Why nothing can be connected to at a port; empty if something listens."""
    end = monotonic() + PORT_PATIENCE
    while True:
        try:
            with socket.create_connection((host, port), timeout=max(end - monotonic(), 1)):
                return ""
        except TimeoutError:
            reason = "the host doesn't answer"
        except OSError as error:
            reason = f"nothing listens there ({error.strerror or error})"
        if monotonic() + _AGAIN > end:
            return reason
        sleep(_AGAIN)


def _ask_apart(address: str) -> str:
    """Why what listens at an address is no cluster that can be joined; empty if it is one."""
    command = [sys.executable, "-P", "-m", __name__, address]
    path = os.pathsep.join(filter(None, sys.path))
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWER_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        return _meaning(expired.stderr) or (
            f"it didn't answer as a Ray cluster within {ANSWER_PATIENCE:.0f} s"
        )
    if done.returncode in (0, _UNKNOWN):
        return ""
    return _meaning(done.stderr) or last_line(done.stderr)


def _meaning(said: str | bytes | None) -> str:
    """What Ray means by what it writes to a terminal; empty if that is unknown."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said or ""
    if "InvalidAuthToken" in text:
        return (
            "it asks for another token than this process has. Give it the cluster's in "
            "RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH, with RAY_AUTH_MODE=token"
        )
    if "Method not found" in text:
        return "that port isn't the cluster's own (by default 6379)"
    if "any running Ray instance" in text:
        return "no Ray cluster runs on this machine"
    if any(words in text for words in _NO_RAY):
        return "what listens there doesn't answer as a Ray cluster does"
    return ""


def main() -> None:
    """Asks the cluster at an address what joining it would ask first; the address is an argument.

    Ray has no public function that asks without joining.
    """
    try:
        ask: Any = import_module("ray._raylet").GcsClient
        resolved: Any = import_module("ray._private.services").canonicalize_bootstrap_address
    except (ImportError, AttributeError):
        sys.exit(_UNKNOWN)
    ask(address=resolved(sys.argv[1])).get_all_job_info()


if __name__ == "__main__":
    main()
