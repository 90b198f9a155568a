"""rnnkit: recurrent neural networks for every sequence job: train on your own file, see how good it is, stream it.

`rnnkit.tasks.TextGeneration(...).fit(...)` trains, `rnnkit.load(run)` gives a trained model; the blocks
(`cells`, `cores`, `encoders`, `heads`, `models`) are there to build with.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rnnkit import cells, cores, encoders, heads, kernels, models, search, state, tasks
from rnnkit.errors import RnnkitError, TrainingFailed, UserError
from rnnkit.sequence import Sequence
from rnnkit.streaming import Stream
from rnnkit.tasks import run_folder

__version__ = "0.1.0"


def load(run: str | Path) -> Any:
    """The trained model of a run folder, ready to predict. Raises `UserError` where there is no whole run."""
    config = run_folder.read_config(Path(run))
    if config.get("task") not in tasks.TASKS:
        raise UserError(
            f"{run} is a run of the task {config.get('task')!r}, which this rnnkit does not know; upgrade it"
        )
    return tasks.TASKS[config["task"]].load(run)


__all__ = [
    "RnnkitError",
    "Sequence",
    "Stream",
    "TrainingFailed",
    "UserError",
    "__version__",
    "cells",
    "cores",
    "encoders",
    "heads",
    "kernels",
    "load",
    "models",
    "search",
    "state",
    "tasks",
]
