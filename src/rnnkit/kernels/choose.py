"""The one place that decides which form of a recurrence runs, and that can say why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.kernels.weights import Scan, Step


class Kernel(NamedTuple):
    """One form of a recurrence: many moments, and one."""

    scan: Scan
    step: Step


class Forms(NamedTuple):
    """The forms in which a recurrence exists."""

    reference: Kernel
    fused: Kernel


class Choice(NamedTuple):
    """The form that a call takes, and the reason in a sentence."""

    name: str
    kernel: Kernel
    why: str


_forced: ContextVar[str | None] = ContextVar("rnnkit_forced_kernel", default=None)


@contextmanager
def forced(name: str) -> Iterator[None]:
    """Within this context every recurrence runs in the form `name` ("reference" or "fused")."""
    if name not in Forms._fields:
        raise UserError(f"expected a kernel form among {', '.join(Forms._fields)}, got {name!r}")
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)


def choose(forms: Forms, mask: Tensor | None = None) -> Choice:
    """The form that a call with this recurrent mask takes."""
    name = _forced.get()
    if name is not None:
        return Choice(name, getattr(forms, name), "it was asked for by kernels.forced")
    if mask is not None:
        return Choice("reference", forms.reference, "PyTorch's fused operators take no recurrent dropout mask")
    return Choice("fused", forms.fused, "PyTorch's fused operators are the fastest form for this call")
