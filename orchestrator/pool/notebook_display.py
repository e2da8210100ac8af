"""Shows a run in a notebook: bars and the last lines, drawn anew in the same place.

rich draws live there only with ipywidgets, which few have; what a frontend shows can be replaced
without them.
"""

import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, Self

from rich.console import Console

from orchestrator.plan.alike import Group
from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.display import RunDisplay

LINES = 8
"""Lines below the bars; what failed is told again at the end of a run."""

WIDTH = 100
"""Letters of a line of bars."""

_PRE = '<pre style="white-space:pre;line-height:1.25;overflow-x:auto">{code}</pre>'


class NotebookDisplay(RunDisplay):
    """As `RunDisplay`, for a cell of a notebook.

    Args:
        cells: the cells that will run.
        pause: seconds between two drawings at least.
    """

    def __init__(
        self,
        cells: Sequence[PlannedCell],
        pause: float = 0.3,
        paces: Mapping[Group, float] | None = None,
    ) -> None:
        canvas = Console(
            file=StringIO(), record=True, force_terminal=True, force_jupyter=False, width=WIDTH,
            color_system="truecolor", markup=False, emoji=False, highlight=False,
        )  # fmt: skip
        super().__init__(cells, canvas, paces=paces)
        self._canvas, self._pause = canvas, pause
        self._lines: deque[str] = deque(maxlen=LINES)
        self._handle: Any = None
        self._drawn = -math.inf

    def say(self, text: str) -> None:
        """Adds a line, which stays until others have pushed it out."""
        self._lines.append(text)
        self._draw()

    def __enter__(self) -> Self:
        from IPython.display import display

        self._draw_bars()
        show: Any = display
        self._handle = show(self._bundle(), raw=True, display_id=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._drawn = -math.inf  # the end is always seen
        self._draw()
        self._handle = None

    def _draw(self) -> None:
        if self._handle is None or time.monotonic() - self._drawn < self._pause:
            return
        self._draw_bars()
        self._handle.update(self._bundle(), raw=True)
        self._drawn = time.monotonic()

    def _bundle(self) -> dict[str, str]:
        """Bars and lines, as a page and as text."""
        self._canvas.print(self._progress.get_renderable())
        for line in self._lines:
            self._canvas.print(line, soft_wrap=True)
        text = self._canvas.export_text(clear=False)
        page = self._canvas.export_html(code_format=_PRE, inline_styles=True, clear=True)
        self._canvas.file.truncate(0)
        return {"text/plain": text, "text/html": page}
