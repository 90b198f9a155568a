"""What a step is given: shapes are refused that do not fit."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit.errors import UserError


def count_rows(rows: Tensor | None, count: int) -> int:
    """How many of `count` series some `rows` are, or all. Raises `UserError` where those can not be rows."""
    if rows is None:
        return count
    if rows.dim() != 1 or rows.dtype != torch.int64 or len(rows) > count:
        raise UserError(
            f"expected rows (n,) in int64, one for each of {count} series at most, got {tuple(rows.shape)} in "
            f"{rows.dtype}"
        )
    return len(rows)


def check_given(x: Tensor, time: Tensor | None, rows: Tensor | None, count: int, channels: int) -> int:
    """How many series a step of `count` is of. Raises `UserError` where a shape does not fit that."""
    n = count_rows(rows, count)
    if x.shape != (n, channels):
        raise UserError(f"step expected x ({n}, {channels}), got {tuple(x.shape)}; one row of x for each series")
    if time is not None and time.shape != (n,):
        raise UserError(f"step expected time ({n},), got {tuple(time.shape)}; one for each series")
    return n
