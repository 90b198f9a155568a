"""The same as pages of plotly's, which is a part of them: they need no network."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.checkpoint import replacing
from rnnkit.inspection.pictures import ACCENT, INK
from rnnkit.inspection.series.shown import ACROSS, UP, Shown
from rnnkit.inspection.visible import visible

MOST = 200
"""series that a page has, one at a time"""
FAN = "rgba(200, 85, 61, 0.25)"


def forecasts(shown: Sequence[Shown], path: Path) -> None:
    """One series at a time, chosen from a list."""
    graphs = import_module("plotly.graph_objects")
    figure, buttons = graphs.Figure(), []
    traces = [_traces(graphs, one) for one in shown]
    for number, (one, own) in enumerate(zip(shown, traces, strict=True)):
        name = html.escape(visible(one.title))
        seen = [other == number for other, those in enumerate(traces) for _ in those]
        buttons.append({"label": name, "method": "update", "args": [{"visible": seen}, {"title.text": name}]})
        figure.add_traces([trace.update(visible=not number) for trace in own])
    figure.update_layout(title=buttons[0]["label"] if buttons else "", hovermode="x unified")
    if len(buttons) > 1:
        figure.update_layout(
            updatemenus=[{"buttons": buttons, "x": 1, "xanchor": "right", "y": 1.12, "yanchor": "top"}]
        )
    _write(figure, path)


def _traces(graphs: Any, one: Shown) -> list[Any]:
    """What was seen, the fans (a lower end, and an upper one that is filled down to it), and the median."""
    times = _times(one)
    past, ahead = times[: len(one.values)], times[len(one.values) :]
    made = [graphs.Scatter(x=past, y=_numbers(one.values), name="seen", line={"color": INK, "width": 1.5})]
    for (low, high), share in zip(one.fans, ("95 %", "80 %"), strict=True):
        plain: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "legendgroup": share}
        made.append(graphs.Scatter(x=ahead, y=_numbers(low), name=f"{share}, from", showlegend=False, **plain))
        made.append(graphs.Scatter(x=ahead, y=_numbers(high), name=share, fill="tonexty", fillcolor=FAN, **plain))
    return [*made, graphs.Scatter(x=ahead, y=_numbers(one.median), name="median", line={"color": ACCENT, "width": 2})]


def errors(errors: Mapping[str, Sequence[float]], path: Path) -> None:
    """A line for each that forecast, the first in colour."""
    graphs = import_module("plotly.graph_objects")
    figure = graphs.Figure()
    for number, (name, own) in enumerate(errors.items()):
        line = {"width": 1.2, "dash": ("solid", "dash", "dot", "dashdot")[number % 4]}
        first = {"color": ACCENT, "width": 3}
        figure.add_trace(
            graphs.Scatter(
                x=list(range(1, len(own) + 1)), y=_numbers(own), name=html.escape(name),
                mode="lines+markers" if len(own) < 25 else "lines", line=line if number else first,
            )
        )  # fmt: skip
    figure.update_layout(xaxis_title=ACROSS, yaxis_title=UP, yaxis_rangemode="tozero", hovermode="x unified")
    _write(figure, path)


def _times(one: Shown) -> list[Any]:
    """Dates as texts, which plotly reads as they are."""
    return [str(time) for time in one.times] if one.dated else one.times.tolist()


def _numbers(values: Any) -> list[float | None]:
    """Numbers; None leaves a gap."""
    return [float(value) if np.isfinite(value) else None for value in values]


def _write(figure: Any, path: Path) -> None:
    figure.update_layout(template="plotly_white")
    text = figure.to_html(include_plotlyjs=True, full_html=True, config={"displaylogo": False})
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
