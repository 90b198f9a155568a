"""`rnnkit predict`: each task has its own."""

from __future__ import annotations

from rnnkit.cli.commands import COMMANDS
from rnnkit.cli.runs import task_of


def run(arguments: list[str]) -> None:
    """Uses a run on new input, as its task does."""
    COMMANDS[task_of("predict", arguments)].predict(arguments)
