"""Features of frames that someone else has made: `.npz`, Parquet, or lists of numbers."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.tables.bad_rows import BadRow

Features = NDArray[np.float32]
"""`(T, F)`"""
WIDEST = 1 << 16
GREATEST = 1e6


def from_npz(data: bytes) -> NDArray[Any]:
    """The one array of a `.npz` file, or the one called `features` or `frames`. Raises `BadRow` where there is none."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            names = list(file.files)
            chosen = names if len(names) == 1 else [name for name in ("features", "frames") if name in names]
            if not chosen:
                raise BadRow(f"expected an array called features or frames, got {', '.join(names[:5]) or 'none'}")
            found: NDArray[Any] = file[chosen[0]]
            return found
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        if isinstance(error, BadRow):
            raise
        raise BadRow(f"the file of features is damaged ({type(error).__name__})") from None


def from_parquet(data: bytes) -> NDArray[Any]:
    """The numbers of a Parquet file, a row a frame: of its columns, or of one that holds lists. Raises `BadRow`."""
    import polars

    try:
        frame = polars.read_parquet(io.BytesIO(data))
        if frame.width == 1 and isinstance(frame.dtypes[0], polars.List | polars.Array):
            return np.array(frame.to_series().to_list(), dtype=np.float64)
        if not all(kind.is_numeric() for kind in frame.dtypes):
            raise BadRow("expected columns of numbers, or one of lists, in the file of features")
        return frame.to_numpy()
    except BadRow:
        raise
    except Exception as error:  # whatever a damaged file makes its reader raise
        raise BadRow(f"the file of features is damaged ({type(error).__name__})") from None


def of_numbers(given: Any) -> Features:
    """Frames of F numbers each `(T, F)`, or of points `(T, N, 2 or 3)`. Raises `BadRow` of what is none."""
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadRow("expected frames of as many numbers each, got lists of other lengths, or no numbers") from None
    if array.ndim == 3 and array.shape[2] in (2, 3):
        array = array.reshape(len(array), -1)
    if array.ndim != 2 or not 0 < array.shape[1] <= WIDEST:
        raise BadRow(f"expected features (T, F), a row a frame, got an array {array.shape}")
    if not len(array):
        raise BadRow("there are no frames in the features")
    if not np.isfinite(array).all() or np.abs(array).max() > GREATEST:
        raise BadRow(f"expected features that are finite and at most {GREATEST:,.0f}, got others")
    return array.astype(np.float32)


def is_numbers(cell: Any) -> bool:
    """Whether a cell holds features itself: lists of lists, or an array."""
    if hasattr(cell, "__array__"):
        array = np.asarray(cell)
        return array.dtype.kind in "fiub" and array.ndim in (2, 3, 4)
    nested = isinstance(cell, list | tuple) and len(cell) > 0 and isinstance(cell[0], list | tuple)
    return nested and len(cell[0]) > 0 and isinstance(cell[0][0], int | float | list | tuple)
