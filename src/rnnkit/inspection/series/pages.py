"""The same as pages of plotly's, which is a part of them: they need no network."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.checkpoint import replacing
from rnnkit.inspection.pictures.curves import ACCENT, INK
from rnnkit.inspection.series.shown import ACROSS, UP, Shown, WatchedChannel
from rnnkit.inspection.visible import visible

MOST = 200
"""series that a page has, one at a time"""
FAN = "rgba(200, 85, 61, 0.25)"


def forecasts(shown: Sequence[Shown], path: Path) -> None:
    """One series at a time, chosen from a list."""
    graphs = import_module("plotly.graph_objects")
    _write(_one_at_a_time(graphs, [one.title for one in shown], [_traces(graphs, one) for one in shown]), path)


def anomalies(shown: Sequence[WatchedChannel], path: Path) -> None:
    """The same of series with what was expected of them, alerts, and scores on an axis of their own."""
    graphs = import_module("plotly.graph_objects")
    figure = _one_at_a_time(graphs, [one.title for one in shown], [_watched(graphs, one) for one in shown])
    figure.update_layout(yaxis_domain=[0.3, 1], yaxis2={"domain": [0, 0.22], "range": [0, 1.02], "title": "score"})
    _write(figure, path)


def _one_at_a_time(graphs: Any, titles: Sequence[str], traces: Sequence[list[Any]]) -> Any:
    figure, buttons = graphs.Figure(), []
    for number, (title, own) in enumerate(zip(titles, traces, strict=True)):
        name = html.escape(visible(title))
        seen = [other == number for other, those in enumerate(traces) for _ in those]
        buttons.append({"label": name, "method": "update", "args": [{"visible": seen}, {"title.text": name}]})
        figure.add_traces([trace.update(visible=not number) for trace in own])
    figure.update_layout(title=buttons[0]["label"] if buttons else "", hovermode="x unified")
    if len(buttons) > 1:
        figure.update_layout(
            updatemenus=[{"buttons": buttons, "x": 1, "xanchor": "right", "y": 1.12, "yanchor": "top"}]
        )
    return figure


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


def _watched(graphs: Any, one: WatchedChannel) -> list[Any]:
    """The interval, the values, alerts as marks on them, labelled values, and below, scores."""
    times, plain = _times(one), dict[str, Any](mode="lines", line={"width": 0}, legendgroup="expected")
    made = [
        graphs.Scatter(x=times, y=_numbers(one.low), name="95 %, from", showlegend=False, **plain),
        graphs.Scatter(x=times, y=_numbers(one.high), name="expected, 95 %", fill="tonexty", fillcolor=FAN, **plain),
        graphs.Scatter(x=times, y=_numbers(one.values), name="values", line={"color": INK, "width": 1.2}),
        graphs.Scatter(x=times, y=_numbers(one.score), name="score", yaxis="y2", line={"color": INK, "width": 1}),
    ]
    for name, chosen, symbol in (("alert", one.alert, "x"), ("labelled", one.labels, "circle-open")):
        if chosen is not None and chosen.any():
            there = np.flatnonzero(chosen).tolist()
            values = _numbers(one.values[there])
            marks: dict[str, Any] = {"mode": "markers", "marker": {"color": ACCENT, "symbol": symbol, "size": 8}}
            made.append(graphs.Scatter(x=[times[at] for at in there], y=values, name=name, **marks))
    return made


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


def _times(one: Shown | WatchedChannel) -> list[Any]:
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
