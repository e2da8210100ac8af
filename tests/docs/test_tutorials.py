"""The tutorials do what they say: their commands are typed in order, in one folder.

To take seconds, specs are saved with one seed and fewer queries; cells run in this process rather
than on Ray, which tests of the command line start; what a run tells MLflow is left out; and a
service that a page starts answers in a thread.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from orchestrator.server.ledger import ServiceLedger
from tests.docs.here import launch_here
from tests.docs.pages import DOCS, Block, blocks
from tests.orchestrator.cli.verbs import querycurve
from tests.service_in_thread import service_in_thread

IN_ORDER = ("first_comparison", "ablation", "search", "own_data", "method", "black_box")
OTHERS = sorted(
    path.stem for path in (DOCS / "tutorials").glob("*.md") if path.stem not in (*IN_ORDER, "index")
)
PORT = "8008"
"""On which the pages' service listens; tests take a free one."""
SMALLER = {
    "seeds: [1, 2, 3]": "seeds: [1]",
    "budget: 500": "budget: 60",
    "budget: 200": "budget: 30",
    "at: [100, 200]": "at: [15, 30]",
}
"""What tests save in place of what pages show."""


class Reader:
    """Somebody who follows the tutorials one after the other in one folder.

    Attributes:
        folder: where they work.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._services = ExitStack()
        self._port = PORT

    def follow(self, page: Path) -> None:
        """Saves the files of a page and types its commands."""
        with self._services:
            for block in blocks(page):
                if block.title:
                    (self.folder / block.title).write_text(self._smaller(block.text), "utf-8")
                elif block.kind == "bash" and not block.mark:
                    self._type(block)

    def _smaller(self, text: str) -> str:
        for shown, saved in {**SMALLER, PORT: self._port}.items():
            text = text.replace(shown, saved)
        return text

    def _type(self, block: Block) -> None:
        for line in block.lines:
            first, *words = shlex.split(line)
            if first == "querycurve" and words[0] == "serve" and "--show-ledger" not in words:
                self._serve()
            elif first == "querycurve":
                said = querycurve(*words)
                assert said.code == 0, f"{line}\n{said.out}{said.err}"
            else:
                assert first == "python", f"what is {first}? Mark it as not run."
                subprocess.run([sys.executable, *words], check=True)

    def _serve(self) -> None:
        ledger = ServiceLedger.open("serve.db")
        service = self._services.enter_context(service_in_thread(ledger=ledger))
        self._port = service.address.rpartition(":")[2]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("reader")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("orchestrator.cli.launch.launch", launch_here)
        patch.setattr("orchestrator.cli.closing.track_summary", lambda *_: True)
        yield Reader(folder)


@pytest.mark.parametrize("name", [*IN_ORDER, *OTHERS])
def test_a_tutorial_works_as_typed(name: str, reader: Reader) -> None:
    reader.follow(DOCS / "tutorials" / f"{name}.md")


def test_there_are_commands_to_type() -> None:
    typed = [
        line
        for name in IN_ORDER
        for block in blocks(DOCS / "tutorials" / f"{name}.md")
        if block.kind == "bash" and not block.mark
        for line in block.lines
    ]
    assert sum(line.startswith("querycurve run") for line in typed) >= 5
