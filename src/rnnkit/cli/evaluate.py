"""`rnnkit evaluate`: each task has its own."""

from __future__ import annotations

from rnnkit.cli.commands import COMMANDS
from rnnkit.cli.runs import task_of


def run(arguments: list[str]) -> None:
    """Scores a run, as its task does."""
    COMMANDS[task_of("evaluate", arguments)].evaluate(arguments)
