"""A figure that notebooks show, and that is written as a page or a picture."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from orchestrator.analysis.charts.chart import Chart
from orchestrator.errors import UserError

HEIGHT = 440
"""Pixels of a chart that doesn't say how high it is."""

SHOWN_WIDTH = 700
"""Pixels of a picture in a notebook; it has about twice as many, for sharp screens."""


@dataclass(frozen=True, eq=False)
class Figure:
    """One of the report's charts, with the numbers that it shows.

    A notebook shows it by itself: where it can, as a chart to be hovered over, with methods hidden
    by a click on the legend; elsewhere as a picture.

    Attributes:
        chart: what is drawn.
        caption: how to read it.
        table: what is drawn, in numbers or as the report's table has it.
    """

    chart: Chart
    caption: str
    table: pd.DataFrame

    @cached_property
    def plotly(self) -> Any:
        """The same as a `plotly.graph_objects.Figure`, to be changed at will."""
        from plotly.graph_objects import Figure as PlotlyFigure

        from orchestrator.analysis.charts.plotly_chart import plotly_figure

        made = plotly_figure(self.chart)
        figure = PlotlyFigure(data=made["data"], layout=made["layout"])
        figure.update_layout(template="plotly_white", showlegend=True, legend=_BELOW)
        figure.update_layout(height=figure.layout.height or HEIGHT, margin_b=100)
        for trace in figure.data:  # a click hides a line together with its band
            trace.legendgroup = trace.meta or trace.name
        return figure

    def show(self) -> None:
        """Shows it where plotly shows figures: in a notebook, or in a browser."""
        self.plotly.show(config=_CONFIG)

    def to_html(self, path: str | Path | None = None) -> str:
        """The figure as a page of its own, which opens without a network (about 5 MB).

        Args:
            path: where to write it, too; None writes nothing.

        Raises:
            UserError: the file can't be written.
        """
        page = str(self.plotly.to_html(include_plotlyjs=True, config=_CONFIG))
        if path is not None:
            _write(Path(path), page.encode())
        return page

    def to_image(self) -> bytes:
        """The figure as PNG, drawn as for a paper."""
        from orchestrator.analysis.charts.png_chart import write_png

        with tempfile.TemporaryDirectory(prefix="figure-") as folder:
            path = Path(folder) / "figure.png"
            write_png(self.chart, path)
            return path.read_bytes()

    def write_image(self, path: str | Path) -> Path:
        """Writes the figure as PNG; returns the path.

        Raises:
            UserError: the file has another ending, or can't be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".png":
            raise UserError(f"{path}: figures are written as .png; .to_html writes a page.")
        _write(path, self.to_image())
        return path

    def __repr__(self) -> str:
        return f"<Figure of {', '.join(self._labels)}; .caption says how to read it>"

    @property
    def _labels(self) -> list[str]:
        from orchestrator.analysis.charts.chart import parts_of

        return [part.label for part in parts_of(self.chart)]

    def _repr_mimebundle_(
        self, **_: Collection[str] | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a notebook chooses from; a picture for those that know no plotly."""
        bundle = {
            "text/plain": repr(self),
            "image/png": base64.b64encode(self.to_image()).decode(),
            "application/vnd.plotly.v1+json": self._plotly_json(),
        }
        return bundle, {"image/png": {"width": SHOWN_WIDTH}}

    def _plotly_json(self) -> dict[str, Any]:
        figure = self.plotly.to_plotly_json()
        figure["layout"].pop("template")  # 7 kB of colours, most of them of other charts
        return {**figure, "config": _CONFIG}


_BELOW = {"orientation": "h", "yanchor": "top", "y": -0.16, "x": 0, "title": {"text": ""}}
"""A legend below its chart, where long labels have room."""

_CONFIG = {
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["sendChartToCloud", "select2d", "lasso2d"],
}
"""Of plotly's buttons, none that uploads a chart."""


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror or error}.") from None
