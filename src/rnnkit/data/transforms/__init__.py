"""Changes of a series' values that forecasts are made after, and that are undone exactly in what these say.

`change` joins them: a curve of each value by itself (`power`), then what is taken out of windows (`differencing`,
`seasons`). NaN stays NaN.
"""

from __future__ import annotations

import numpy as np

from rnnkit.arrays import Array


def carried(values: Array) -> Array:
    """Rows `(B, L)` with the value before in place of what is missing; at the beginning the first one; 0 where there is
    none."""
    there = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(there, np.arange(values.shape[1]), -1), axis=1)
    first = np.where(there.any(axis=1), there.argmax(axis=1), 0)
    found = np.take_along_axis(values, np.where(last < 0, first[:, None], last), axis=1)
    return np.asarray(np.nan_to_num(found, nan=0.0))
