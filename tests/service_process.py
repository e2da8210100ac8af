"""A real `serve` process of the pocket on loopback, which tests can kill and start again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from orchestrator.oracle.remote.request import Charge
from orchestrator.server.ledger import ServiceLedger, Sum

ROOT = Path(__file__).parents[1]
PATIENCE = 120.0
"""Seconds to wait for a process to start or end: generous, as other tests may take all cores."""

_ADDRESS = re.compile(r"at (http://\S+)")
_START = "import sys; from orchestrator.cli.main import main; main(sys.argv[1:])"


class ServiceProcess:
    """A service in a process of its own.

    Args:
        folder: where its ledger and what it prints are kept.
        options: of `serve`, beside `--port` and `--ledger`.
        environment: variables that the process has beside this one's.

    Attributes:
        ledger: the file in which it keeps its charges.
        address: where it listens; the same after a restart.
    """

    def __init__(
        self, folder: Path, *options: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self.ledger = folder / "serve.db"
        self.address = ""
        self._log = folder / "serve.log"
        self._options, self._environment = options, dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> str:
        """All that it has printed since its first start."""
        return self._log.read_text() if self._log.exists() else ""

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, running or ended."""
        assert self._process is not None, "it was never started"
        return self._process

    def start(self) -> None:
        """Starts it, on the port that it had before, and waits until it is healthy."""
        port = self.address.rpartition(":")[2] or "0"
        before = len(self.said)
        arguments = ["serve", "--port", port, "--ledger", str(self.ledger), *self._options]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, *arguments],
                cwd=ROOT,
                env=os.environ | self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_ready(before)

    def kill(self) -> None:
        """Ends it as a crash does: it can't finish anything."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends it as a person does; returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def restart(self) -> None:
        """Kills it and starts it again, with the same ledger."""
        self.kill()
        self.start()

    def sums(self) -> tuple[Sum, ...]:
        """What its ledger says that clients were charged, by label; it may run or not."""
        ledger = ServiceLedger.open(str(self.ledger), new=False)
        try:
            return ledger.sums()
        finally:
            ledger.close()

    def charged(self, client: str = "anyone", label: str = "") -> Charge:
        """What its ledger says that a client was charged, in all or under a label."""
        ledger = ServiceLedger.open(str(self.ledger), new=False)
        try:
            return ledger.usage(client, label)
        finally:
            ledger.close()

    def _wait_until_ready(self, before: int) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, self.said
            found = _ADDRESS.search(self.said[before:])
            if found is not None:
                self.address = found[1]
                if _healthy(self.address):
                    return
            time.sleep(0.05)
        raise AssertionError(f"it isn't healthy: {self.said}")


@contextmanager
def service_process(
    folder: Path, *options: str, environment: Mapping[str, str] | None = None
) -> Iterator[ServiceProcess]:
    """A running service for as long as the block lasts."""
    service = ServiceProcess(folder, *options, environment=environment)
    try:
        service.start()
        yield service
    finally:
        if service._process is not None and service._process.poll() is None:
            service.kill()


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=10) as response:
            return bool(response.status == 200)
    except OSError:
        return False
