"""The one place that decides which implementation of a recurrence runs, and can say why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import torch
from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.kernels.obstacles import fused_obstacle, native_obstacle, transform
from rnnkit.kernels.weights import NO_EXTRAS, Extras, Scan, Step, Trace, Weights


class Kernel(NamedTuple):
    """One implementation of a recurrence: many time steps, one, and many with the state after each."""

    scan: Scan
    step: Step
    trace: Trace


class Implementations(NamedTuple):
    """The implementations that a recurrence has: the reference always."""

    reference: Kernel
    """its equations, repeated"""
    fused: Kernel | None = None
    """PyTorch's own operators"""
    native: Kernel | None = None
    """our CPU kernels"""


class Choice(NamedTuple):
    """The implementation that a call takes, and the reason in a sentence."""

    name: str
    kernel: Kernel
    why: str


class LiveChoice(NamedTuple):
    """The implementation that a part runs on, `native` or `reference`, and the reason in a sentence."""

    name: str
    why: str


_forced: ContextVar[str | None] = ContextVar("rnnkit_forced_kernel", default=None)


@contextmanager
def forced(name: str) -> Iterator[None]:
    """Within this context every recurrence runs as the implementation `name`: "reference", "fused" or "native".

    Calls that it can not serve (PyTorch's operators know no zoneout) raise `UserError`.
    """
    if name not in Implementations._fields:
        raise UserError(f"expected an implementation among {', '.join(Implementations._fields)}, got {name!r}")
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)


def choose(implementations: Implementations, x: Tensor, weights: Weights, extras: Extras = NO_EXTRAS) -> Choice:
    """The implementation that a call over `x` takes."""
    # torch.compile cannot read a context variable; torch.export can, so that it can be given the equations.
    name = None if torch.compiler.is_dynamo_compiling() else _forced.get()
    if name is not None:
        return _asked_for(name, implementations, x, weights, extras)
    transformed = transform()
    if transformed is not None:
        return Choice("reference", implementations.reference, transformed)
    not_native = _missing("native", implementations) or native_obstacle(x, weights, extras)
    if implementations.native is not None and not_native is None:
        return Choice("native", implementations.native, "the native kernels are the fastest for this call")
    not_fused = _missing("fused", implementations) or fused_obstacle(extras)
    if implementations.fused is not None and not_fused is None:
        return Choice("fused", implementations.fused, f"PyTorch's operators serve this call, since {not_native}")
    return Choice("reference", implementations.reference, f"{not_native}, and {not_fused}")


def choose_live(obstacle: str | None, part: str = "live rows", call: str = "step") -> LiveChoice:
    """What a `part` runs on that is no recurrence, and whose native form has this `obstacle`, or none."""
    name = None if torch.compiler.is_dynamo_compiling() else _forced.get()
    if name == "reference":
        return LiveChoice(name, "it was asked for by kernels.forced")
    if name is not None:
        obstacle = obstacle if name == "native" else f"{part} have no {name} implementation"
        if obstacle is not None:
            raise UserError(f"the {name} implementation was asked for by kernels.forced, but {obstacle}")
        return LiveChoice(name, "it was asked for by kernels.forced")
    if obstacle is not None:
        return LiveChoice("reference", obstacle)
    return LiveChoice("native", f"the native kernels are the fastest for this {call}")


def _asked_for(name: str, implementations: Implementations, x: Tensor, weights: Weights, extras: Extras) -> Choice:
    obstacle = _missing(name, implementations)
    if name == "native":
        obstacle = obstacle or transform() or native_obstacle(x, weights, extras)
    elif name == "fused":
        obstacle = obstacle or fused_obstacle(extras)
    if obstacle is not None:
        raise UserError(f"the {name} implementation was asked for by kernels.forced, but {obstacle}")
    return Choice(name, getattr(implementations, name), "it was asked for by kernels.forced")


def _missing(name: str, implementations: Implementations) -> str | None:
    return None if getattr(implementations, name) is not None else f"the recurrence has no {name} implementation"
