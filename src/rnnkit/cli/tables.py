"""Scores as tables, mistakes as lines, tokens in the colours of their likelihood."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from rnnkit.cli.printing import console
from rnnkit.inspection.visible import blank, visible
from rnnkit.runs.card import baseline_name

COLOURS = ((1.0, "green"), (3.0, "yellow"), (6.0, "dark_orange"), (float("inf"), "red"))
"""of tokens, by their negative log-likelihood in nats"""
COUNTED = ("examples", "spans", "boxes")
"""what there may be of a label"""
OF_LABELS = {
    "precision": "precision", "recall": "recall", "f1": "F1", "average_precision_50": "AP at 0.5",
    "average_precision": "AP at 0.5 to 0.95",
}  # fmt: skip
"""a label's scores, and what tables call them"""


def show_scores(task: Any, scores: Mapping[str, Any], shown: Console) -> None:
    """All that `rnnkit evaluate` shows of scores."""
    if "loss" not in scores and "tokens" in scores:
        show_tokens(scores["tokens"], shown)
        return
    if "pairs" in scores:
        for pair in scores["pairs"]:
            shown.print(f"{pair['log_probability']:9.3f}  {pair['source'][:80]}  →  {pair['target']}", soft_wrap=True)
        return
    show_compared(task, scores, shown)
    for name, classes in scores.items():
        if name.endswith(("per_class", "per_span")):
            shown.print()
            shown.print(label_table(classes, name.removesuffix("_per_class").replace("per_", "")))
    if scores.get("confused"):
        shown.print(f"\nmistakes by character: {confused_line(scores['confused'])}", soft_wrap=True, highlight=False)
    if scores.get("worst"):
        shown.print("\nworst mistakes:")
    for mistake in scores.get("worst", []):
        shown.print(mistake_line(mistake), soft_wrap=True)


def show_compared(task: Any, scores: Mapping[str, Any], shown: Console) -> None:
    """The model's scores beside the baselines', and what they come to, where a task says it in words."""
    shown.print(task.counted_in(scores), soft_wrap=True)
    print_whole(score_table(task, scores), shown)
    if "verdict" in scores:
        shown.print(scores["verdict"], soft_wrap=True, highlight=False)


def print_whole(table: Table, shown: Console) -> None:
    """A table in its own width, also where the terminal is narrower: no number is cut."""
    before = shown.width
    shown.width = max(before, Measurement.get(shown, shown.options.update(max_width=10_000), table).maximum)
    shown.print(table)
    shown.width = before


def score_table(task: Any, score: Mapping[str, Any]) -> Table:
    """The scores that the task's titles name: the model's with their intervals, the baseline's, the majority's."""
    baseline = score["baseline"]
    others = {baseline_name(baseline): baseline}
    if "majority" in baseline:
        others["commonest"] = baseline["majority"]
    others |= baseline.get("others", {})
    with_intervals = any(name.endswith("_interval") for name in score)
    table = Table(box=None, pad_edge=False)
    table.add_column("score", no_wrap=True)
    table.add_column("this model", justify="right", style="bold")
    for title in (["95 %"] if with_intervals else []) + list(others):
        table.add_column(title, justify="right")
    for name, title in task.titles(score).items():
        interval = score.get(f"{name}_interval")
        between = f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else ""
        cells = [_number(part.get(name)) for part in others.values()]
        table.add_row(title, _number(score[name]), *([between] if with_intervals else []), *cells)
    return table


def label_table(classes: Mapping[str, Mapping[str, float]], name: str) -> Table:
    """The scores of each label that occurs, such as precision, recall and F1, and how often it does."""
    keys = {key for row in classes.values() for key in row}
    count = next((key for key in COUNTED if key in keys), COUNTED[0])
    shown = [(key, title) for key, title in OF_LABELS.items() if key in keys]
    table = Table(box=None, pad_edge=False)
    table.add_column("label" if name == "class" else name, overflow="fold")
    for title in (*(title for _, title in shown), count):
        table.add_column(title, no_wrap=True)
    for own, row in classes.items():
        if row[count]:
            table.add_row(visible(own), *(f"{row[key]:.3f}" for key, _ in shown), f"{row[count]:,.0f}")
    return table


def confused_line(pairs: Sequence[Mapping[str, Any]], most: int = 10) -> str:
    """The commonest mistakes among characters: which was taken for which, and how often."""
    shown = [(pair["wanted"], pair["found"], pair["count"]) for pair in pairs[:most]]
    return visible(", ".join(f"{blank(one)} for {blank(other)} {count:,} ×" for one, other, count in shown))


def mistake_line(mistake: Mapping[str, Any]) -> str:
    """What was taken for what, how likely that was thought, and where, in one line."""
    taken = f"{mistake.get('label', mistake.get('tag')) or 'nothing'} taken for {mistake['predicted'] or 'nothing'}"
    series = f"series {mistake['series']} ({mistake['place']})" if "series" in mistake else mistake.get("place", "")
    where = mistake["text"][:160] if "text" in mistake else series
    if "accuracy" in mistake:
        return visible(f"  {mistake['accuracy']:6.1%} of steps right, {mistake['steps']:,} × {taken}: {where}")
    sure = mistake.get("probability_of_label", mistake.get("probability"))
    return visible(f"  {sure:6.1%}  {taken}: {where}")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def show_tokens(tokens: list[Mapping[str, Any]], shown: Console) -> None:
    """Each token and its negative log-likelihood: a table, and the text coloured by it."""
    coloured = Text()
    table = Table("token", "nats", "probability", box=None, pad_edge=False)
    for token in tokens:
        nats = token["nats"]
        style = next(colour for limit, colour in COLOURS if nats < limit)
        coloured.append("\n".join(map(visible, token["token"].split("\n"))), style=style)
        table.add_row(Text(visible(token["token"]), style=style), f"{nats:.3f}", f"{math.exp(-nats):.4f}")
    shown.print(table)
    shown.print()
    shown.print(coloured)
    limits: list[Any] = [part for limit, colour in COLOURS[:-1] for part in ((f"below {limit:g}", colour), ", ")]
    shown.print(Text.assemble("\nnats: ", *limits, ("more", COLOURS[-1][1])))


def show_summary(trained: Any, folder: Path) -> None:
    """A finished run's result beside the baselines', how long it took, how large it is; on standard error."""
    shown, result = console(stderr=True), trained.result
    show_compared(trained.task, result["validation"], shown)
    seconds = ", ".join(f"{name.replace('_', ' ')} {value:.1f} s" for name, value in result["seconds"].items())
    sizes = f"{result['steps']:,} steps, {result['epochs']:.1f} epochs, {result['parameters']:,} parameters"
    shown.print(f"{seconds}; {sizes}", soft_wrap=True)
    tried = f"rnnkit predict {shlex.quote(str(folder))} {trained.tried}".rstrip()
    shown.print(visible(f"the run is in {folder}; try: {tried}"), soft_wrap=True)
