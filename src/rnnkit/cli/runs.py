"""Which task a run is of."""

from __future__ import annotations

from pathlib import Path

from rnnkit.errors import UserError
from rnnkit.tasks import TASKS, run_folder


def task_of(verb: str, arguments: list[str]) -> str:
    """The task of the run that a verb's arguments name first; of help without a run, text generation.

    Raises `UserError` where no run is named or it cannot be read.
    """
    if arguments and arguments[0] in ("-h", "--help"):
        print(f"each task has options of its own; rnnkit {verb} RUN --help shows a run's. Text generation's are:")
        return "text-generation"
    if not arguments or arguments[0].startswith("-"):
        raise UserError(f"expected a run after {verb}, the folder that rnnkit train made; see rnnkit --help")
    name = run_folder.read_config(Path(arguments[0])).get("task")
    if name not in TASKS:
        raise UserError(f"{arguments[0]} is a run of the task {name!r}, unknown to this rnnkit; upgrade it")
    return str(name)
