"""What can be chosen about a training run."""

from __future__ import annotations

from dataclasses import dataclass

from rnnkit.configuration import option, section


@dataclass(frozen=True)
class Optimization:
    """How the weights follow the gradient."""

    optimizer: str = option("adamw", "the optimiser", choices=("adamw", "sgd"))
    learning_rate: float | None = option(
        None, "the highest learning rate: reached after warm-up, annealed from there", low=0, chosen=True
    )
    warmup: float = option(0.03, "share of the run over which the learning rate rises", low=0, high=1)
    weight_decay: float = option(0.01, "weight decay of matrices, as in AdamW", low=0)
    momentum: float = option(0.0, "momentum of sgd", low=0, high=1)
    clip: float = option(1.0, "largest gradient norm; larger gradients are scaled down to it", low=0)
    average: float | None = option(
        None, "share of the run, at its end, over which weights are averaged", low=0, high=1, chosen=True
    )


@dataclass(frozen=True)
class Machine:
    """Where a run runs."""

    device: str = option("auto", "what to train on", choices=("auto", "cpu", "cuda"))
    precision: str = option("32-true", "floating-point precision", choices=("32-true", "bf16-mixed", "64-true"))
    processes: int = option(1, "processes that share each batch", low=1)


@dataclass(frozen=True)
class Training:
    """How long and on what batches a run trains. One of budget, steps and epochs bounds it."""

    budget: float | None = option(None, "time for training and validation [5m, without another bound]", duration=True)
    steps: int | None = option(None, "training steps, one a batch", low=1, high=1 << 40)
    epochs: float | None = option(None, "passes through the data", low=0.001)
    batch: int | None = option(None, "sequences in a batch", low=1, high=1 << 20, chosen=True)
    validations: int = option(10, "number of validations in a run", low=1)
    patience: int = option(0, "stop after so many validations without improvement; 0 for never", low=0)
    seed: int = option(1, "random seed", low=0, high=2**31)
    optimization: Optimization = section(Optimization)
    machine: Machine = section(Machine)
