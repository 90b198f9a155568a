"""Series that a program gives as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.data.given import one_or_many
from rnnkit.data.history.history import Histories, History
from rnnkit.data.times.clock import Clock
from rnnkit.data.times.frequency import STEP, Frequency
from rnnkit.errors import UserError


def is_table(one: Any) -> bool:
    """Whether something names a table, or is one: a path, a frame, rows."""
    if isinstance(one, list | tuple) and one:
        return is_table(one[0])
    return isinstance(one, str | bytes | Path | Mapping) or hasattr(one, "columns")


def is_array(one: Any) -> bool:
    """Whether something is an array of numbers, `(T,)` or `(T, C)`."""
    return hasattr(one, "__array__") and not hasattr(one, "columns") and getattr(one, "ndim", 0) in (1, 2)


def histories_of(inputs: Iterable[Any], channels: Sequence[str], observed: Sequence[str] = ()) -> Histories:
    """Arrays `(T, C)`, or `(T,)` of one channel, as series without times, NaN where a value is missing; one may be
    given alone. Observed covariates are columns after the channels. Raises `UserError` for what is none."""
    listed = one_or_many(inputs, "a table, or an array (steps, channels)", is_array)
    series, names, count = [], [*channels, *observed], len(channels)
    for number, one in enumerate(listed, 1):
        try:
            values = np.asarray(one, dtype=np.float64)
        except (TypeError, ValueError):
            raise UserError(f"series {number}: expected numbers, got an array of others; give floats") from None
        values = values[:, None] if values.ndim == 1 else values
        there = values.ndim == 2 and values.shape[1] == len(names) and np.isfinite(values[:, :count]).any()
        if not there or np.isinf(values).any():
            wanted = f"(steps, {len(names)}) of {', '.join(names[:8])}"
            raise UserError(f"series {number}: expected numbers {wanted}, NaN where one is missing, got {values.shape}")
        none = np.zeros((len(values), 0))
        seen, beside = values[:, :count], values[:, count:]
        series.append(History(str(number), 1, Frequency(1, STEP), Clock(), seen, none, beside))
    return Histories(tuple(series), tuple(channels), (), tuple(observed), (), "arrays")
