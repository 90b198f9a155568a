"""What a run is a run of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import rnnkit
from rnnkit.cli.parser import OneLineParser
from rnnkit.errors import UserError
from rnnkit.runs import folder as run_folder
from rnnkit.tasks import TASKS, Predictor


def predictor_of(verb: str, arguments: list[str]) -> type[Predictor]:
    """The class of the trained model that a verb's arguments name first; of help without a run, the first task's
    that has the verb.

    Raises `UserError` where no run is named or it cannot be read.
    """
    if arguments and arguments[0] in ("-h", "--help"):
        able = [name for name in TASKS if verb != "backtest" or class_of(name).backtesting]
        first = able[0]
        print(f"Each task has options of its own: `rnnkit {verb} RUN --help` shows a run's. Those of {first} are:\n")
        return class_of(first)
    if not arguments or arguments[0].startswith("-"):
        raise UserError(f"expected a run after {verb}, the folder that rnnkit train made; see rnnkit --help")
    name = run_folder.read_config(Path(arguments[0])).get("task")
    if name not in TASKS:
        raise UserError(f"{arguments[0]} is a run of the task {name!r}, unknown to this rnnkit; upgrade it")
    return class_of(str(name))


UNTRAINED = "--untrained"


def opening(verb: str, arguments: list[str]) -> tuple[type[Predictor], Callable[[str], Predictor], list[str]]:
    """The class that a verb's arguments ask for, what opens it by its name (a run's folder, or after `--untrained` a
    task), and the arguments with that name first. Raises `UserError` as `predictor_of` does."""
    if arguments[:1] != [UNTRAINED]:
        return predictor_of(verb, arguments), rnnkit.load, arguments
    name = arguments[1] if len(arguments) > 1 else ""
    if name not in TASKS:
        OneLineParser.unknown("task", name, TASKS)
    return class_of(name), lambda task: class_of(task).untrained(TASKS[task]()), arguments[1:]


def class_of(task: str) -> type[Predictor]:
    """The class of a task's trained models."""
    made: type[Predictor] = TASKS[task].predictor
    return made
