"""Scores as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table


def score_table(score: dict[str, Any], titles: Mapping[str, str], counted: str) -> Table:
    """Scores as a table, those that `titles` names: the model's, the baseline's, and of what is commonest. `counted`
    says over what."""
    baseline = score["baseline"]
    table = Table(box=None, pad_edge=False)
    table.add_column(counted)
    table.add_column("this model", justify="right", style="bold")
    table.add_column("95 %", justify="right")
    table.add_column(baseline["name"], justify="right")
    table.add_column("commonest", justify="right")
    for name, title in titles.items():
        if name not in score:
            continue
        interval = score.get(f"{name}_interval")
        between = f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else ""
        others = [_number(part.get(name)) for part in (baseline, baseline["majority"])]
        table.add_row(title, _number(score[name]), between, *others)
    return table


def share_table(classes: dict[str, dict[str, float]], name: str, count: str, counted: str) -> Table:
    """Precision, recall and F1 of each label that occurs; `count` is the key of how often it does."""
    table = Table(name, "precision", "recall", "F1", counted, box=None, pad_edge=False)
    for own, row in classes.items():
        if row[count]:
            numbers = [f"{row[key]:.3f}" for key in ("precision", "recall", "f1")]
            table.add_row(own, *numbers, f"{row[count]:,.0f}")
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
