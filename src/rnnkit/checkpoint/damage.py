"""Damage of files, in one line: what they must say, and whatever goes wrong where they say something else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rnnkit.errors import RnnkitError, UserError

WRONG = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError, RuntimeError, MemoryError)
"""what reading values of other types, sizes and names than were written may raise"""


@contextmanager
def undamaged(what: str, place: Path | str) -> Iterator[None]:
    """Within this context what a file says is made into what it describes. Raises `UserError` where that goes wrong."""
    try:
        yield
    except RnnkitError:
        raise
    except WRONG as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise UserError(
            f"expected {what} at {place}, but it is missing or damaged ({reason}); restore it or train anew"
        ) from error


def fits(value: Any, shape: Any) -> bool:
    """Whether what a JSON file says has a shape: a type; several, one of which; `[shape]`, a list of such; `{str:
    shape}`, such by any name; `{"name": shape}`, such by these names, and perhaps others; a function that says so.

    >>> fits({"labels": {"good": 3}}, {"labels": {str: int}}), fits({"labels": {"good": "3"}}, {"labels": {str: int}})
    (True, False)
    """
    if isinstance(shape, tuple):
        return any(fits(value, one) for one in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(one, shape[0]) for one in value)
    if isinstance(shape, dict):
        every = shape.get(str)
        named = isinstance(value, dict) and all(name in value for name in shape if name is not str)
        return named and all(fits(own, shape.get(name, every)) for name, own in value.items() if every or name in shape)
    if shape is None:
        return value is None
    if not isinstance(shape, type):
        return bool(shape(value))
    if shape is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, shape) and (shape is bool or not isinstance(value, bool))


def positive(value: Any) -> bool:
    """Whether something is a finite number above 0."""
    return fits(value, float) and value > 0
