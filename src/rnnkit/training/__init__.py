"""The training loop, its bounds and schedules, its checkpoints and its several processes.

In: a `TrainingSpec` (model, objective, batches, functions). Out: the best weights, a log, checkpoints. Imports:
everything above it; it never names a task. Tested by: tests/training/.
"""

from rnnkit.training.bound import Bound
from rnnkit.training.loop import Progress, TrainingSpec, train
from rnnkit.training.machine import check, launch
from rnnkit.training.options import Machine, Optimization, Training
from rnnkit.training.resume import Checkpoint, read_checkpoint

__all__ = [
    "Bound",
    "Checkpoint",
    "Machine",
    "Optimization",
    "Progress",
    "Training",
    "TrainingSpec",
    "check",
    "launch",
    "read_checkpoint",
    "train",
]
