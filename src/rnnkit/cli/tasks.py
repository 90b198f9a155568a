"""`rnnkit tasks`."""

from __future__ import annotations

from rich.table import Table

from rnnkit.cli.parser import OneLineParser
from rnnkit.cli.printing import console
from rnnkit.tasks import TASKS


def run(arguments: list[str]) -> None:
    """Lists the tasks."""
    OneLineParser("rnnkit tasks", "Lists what there is to train.", "rnnkit tasks").read(arguments)
    table = Table(box=None, pad_edge=False)
    table.add_column("task", no_wrap=True)
    for title in ("input", "output", "metrics", "shape of network"):
        table.add_column(title)
    for name, task in TASKS.items():
        about = task.about
        table.add_row(name, about.input, about.output, about.metrics, about.shape)
    console().print(table)
