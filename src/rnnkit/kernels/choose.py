"""The one place that decides which form of a recurrence runs, and that can say why."""

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
    """One form of a recurrence: many moments, one, and many with the state after each."""

    scan: Scan
    step: Step
    trace: Trace


class Forms(NamedTuple):
    """The forms in which a recurrence exists."""

    reference: Kernel
    """its equations, repeated"""
    fused: Kernel
    """PyTorch's own operators"""
    native: Kernel
    """our CPU kernels"""


class Choice(NamedTuple):
    """The form that a call takes, and the reason in a sentence."""

    name: str
    kernel: Kernel
    why: str


_forced: ContextVar[str | None] = ContextVar("rnnkit_forced_kernel", default=None)


@contextmanager
def forced(name: str) -> Iterator[None]:
    """Within this context every recurrence runs in the form `name`: "reference", "fused" or "native".

    Calls that the form can not serve (PyTorch's operators know no zoneout) raise `UserError`.
    """
    if name not in Forms._fields:
        raise UserError(f"expected a kernel form among {', '.join(Forms._fields)}, got {name!r}")
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)


def choose(forms: Forms, x: Tensor, weights: Weights, extras: Extras = NO_EXTRAS) -> Choice:
    """The form that a call over `x` takes."""
    # torch.compile cannot read a context variable; torch.export can, so that it can be given the equations.
    name = None if torch.compiler.is_dynamo_compiling() else _forced.get()
    if name is not None:
        return _asked_for(name, forms, x, weights, extras)
    transformed = transform()
    if transformed is not None:
        return Choice("reference", forms.reference, transformed)
    not_native = native_obstacle(x, weights, extras)
    if not_native is None:
        return Choice("native", forms.native, "the native kernels are the fastest form for this call")
    not_fused = fused_obstacle(extras)
    if not_fused is None:
        return Choice("fused", forms.fused, f"PyTorch's operators serve this call, since {not_native}")
    return Choice("reference", forms.reference, f"{not_native}, and {not_fused}")


def _asked_for(name: str, forms: Forms, x: Tensor, weights: Weights, extras: Extras) -> Choice:
    obstacle = None
    if name == "native":
        obstacle = transform() or native_obstacle(x, weights, extras)
    elif name == "fused":
        obstacle = fused_obstacle(extras)
    if obstacle is not None:
        raise UserError(f"the {name} form was asked for by kernels.forced, but {obstacle}")
    return Choice(name, getattr(forms, name), "it was asked for by kernels.forced")
