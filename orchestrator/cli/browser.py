"""Opens a browser once a server answers: `python -m orchestrator.cli.browser SERVER ADDRESS`.

A process of its own, as the one that starts it becomes the server.
"""

from __future__ import annotations

import os
import socket
import sys
import time
import webbrowser
from urllib.parse import urlsplit

_PATIENCE = 120.0
"""Seconds until a server is given up, which may have to read a large database first."""


def open_when_served(server: str, address: str) -> None:
    """Waits for a server, for as long as the process lives that started this one.

    Args:
        server: its `http://HOST:PORT`.
        address: what is opened.
    """
    place, parent, end = urlsplit(server), os.getppid(), time.monotonic() + _PATIENCE
    while time.monotonic() < end and os.getppid() == parent:
        try:
            with socket.create_connection((place.hostname or "", place.port or 80), timeout=1):
                pass
        except OSError:
            time.sleep(0.3)
        else:
            webbrowser.open(address)
            return


if __name__ == "__main__":
    open_when_served(*sys.argv[1:3])
