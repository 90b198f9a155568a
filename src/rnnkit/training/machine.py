"""Devices, precision and processes, through Lightning Fabric."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed

from rnnkit.errors import UserError
from rnnkit.training.options import Machine

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def check(options: Machine) -> None:
    """Raises `UserError` for what this machine has not."""
    if options.device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda needs a CUDA GPU that PyTorch can use, but there is none; use --device cpu")
    if options.processes > 1 and _outside() not in (1, options.processes):
        raise UserError(f"--processes {options.processes} under torchrun with {_outside()}; leave --processes out")


def _outside() -> int:
    """How many processes torchrun, or the first process, has started."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def launch(options: Machine) -> Fabric:
    """A Fabric whose processes all run. Under torchrun they are its processes; with `processes` above one,
    the command that runs now is started again for each of the others."""
    check(options)
    processes = max(options.processes, _outside())
    accelerator = options.device if options.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    if processes > 1 and accelerator == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        torch.set_num_threads(max(1, cores // processes))
    strategy = "ddp" if processes > 1 else "auto"
    # Imported here: a trained model is loaded, and help shown, without it.
    from lightning_fabric import Fabric

    from rnnkit.training.mixed import MixedProducts

    mixed = options.precision == "bf16-mixed"
    precision: dict[str, Any]
    precision = {"plugins": [MixedProducts("bf16-mixed", accelerator)]} if mixed else {"precision": options.precision}
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fabric = Fabric(accelerator=accelerator, devices=processes, strategy=strategy, **precision)
        fabric.launch()
    return fabric


def from_first(values: list[float], fabric: Fabric) -> list[float]:
    """The numbers that the first process holds, in every process."""
    if fabric.world_size == 1:
        return values
    shared = torch.tensor(values, dtype=torch.float64, device=fabric.device)
    torch.distributed.broadcast(shared, 0)
    return shared.tolist()


def summed(values: list[float], fabric: Fabric) -> list[float]:
    """Each number, summed over the processes."""
    if fabric.world_size == 1:
        return values
    shared = torch.tensor(values, dtype=torch.float64, device=fabric.device)
    torch.distributed.all_reduce(shared)
    return shared.tolist()
