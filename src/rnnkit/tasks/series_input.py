"""What a trained model of series takes: arrays, or files read as in training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.configuration import build
from rnnkit.data.series import Series
from rnnkit.errors import UserError
from rnnkit.tasks.series_options import SeriesTable
from rnnkit.tasks.series_preparation import Labelling


def as_series(given: Iterable[NDArray[Any] | Series], labelling: Labelling) -> list[Series]:
    """Arrays `(T, C)` as series. Raises `UserError` for other shapes, no steps, and numbers that are none."""
    made = []
    for number, one in enumerate(given, 1):
        if isinstance(one, Series):
            made.append(one)
            continue
        values = np.asarray(one, dtype=np.float32)
        if values.ndim != 2 or not len(values) or values.shape[1] != len(labelling.channels):
            raise UserError(
                f"series {number}: expected steps of {len(labelling.channels)} channels "
                f"({', '.join(labelling.channels[:8])}), got {values.shape}"
            )
        if not np.isfinite(values).all():
            raise UserError(f"series {number}: expected finite numbers, got others; fill the gaps first")
        made.append(Series(str(number), values, (), f"series {number}"))
    return made


def table_options(config: dict[str, Any], options: dict[str, Any]) -> SeriesTable:
    """How files are read: as in training, but for these options."""
    return build(SeriesTable, {**{name: config["data"][name] for name in ("column", "bad_rows")}, **options})
