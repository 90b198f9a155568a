"""rnnkit: recurrent neural networks for every sequence job: train on your own file, see how good it is, stream it.

`rnnkit.tasks.TextGeneration(...).fit(...)` trains, `rnnkit.load(run)` gives a trained model; the blocks
(`cells`, `cores`, `encoders`, `heads`, `models`) are there to build with, and `nn` stands in for `torch.nn`'s layers.
What is named here is imported when it is first used, so that the command line's help does not wait for PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnkit.errors import RnnkitError, TrainingFailed, UserError

if TYPE_CHECKING:
    from rnnkit import cells, cores, encoders, heads, kernels, models, nn, search, state, tasks
    from rnnkit.sequence import SequenceBatch
    from rnnkit.streaming import Stream, TextStream
    from rnnkit.tasks.predictor import Predictor

__version__ = "0.1.0"

_MODULES = ("cells", "cores", "encoders", "heads", "kernels", "models", "nn", "search", "state", "tasks")
_NAMES = {"SequenceBatch": "rnnkit.sequence", "Stream": "rnnkit.streaming", "TextStream": "rnnkit.streaming"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"rnnkit.{name}")
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'rnnkit' has no attribute {name!r}")


def load(run: str | Path) -> Predictor:
    """The trained model of a run folder, ready to predict. Raises `UserError` where there is no whole run."""
    from rnnkit.runs import folder as run_folder
    from rnnkit.tasks import TASKS

    config = run_folder.read_config(Path(run))
    if config.get("task") not in TASKS:
        raise UserError(f"{run} is a run of the task {config.get('task')!r}, unknown to this rnnkit; upgrade it")
    trained: Predictor = TASKS[config["task"]].predictor.load(run)
    return trained


__all__ = [
    "RnnkitError",
    "SequenceBatch",
    "Stream",
    "TextStream",
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
    "nn",
    "search",
    "state",
    "tasks",
]
