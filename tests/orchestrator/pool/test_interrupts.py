"""The first interrupt asks, the second one forces, and afterwards all is as before."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from orchestrator.pool.interrupts import first_interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_and_the_second_forces(number: signal.Signals) -> None:
    asked: list[str] = []
    with pytest.raises(KeyboardInterrupt), first_interrupt(lambda: asked.append("stop")):
        os.kill(os.getpid(), number)
        assert asked == ["stop"]
        os.kill(os.getpid(), number)
    assert asked == ["stop"]


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with first_interrupt(lambda: None):
        os.kill(os.getpid(), signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_outside_the_main_thread_nothing_changes() -> None:
    seen: list[object] = []

    def work() -> None:
        with first_interrupt(lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
