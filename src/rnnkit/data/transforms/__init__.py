"""Changes of a series' values that a forecast is made after, and that are undone exactly in what it says.

A `Transform` was fitted to the values `(T, C)` of one series. NaN stays NaN.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

Numbers = NDArray[Any]


class Transform(Protocol):
    """What was fitted to a series' values `(T, C)`."""

    def do(self, values: Numbers) -> Numbers:
        """The values `(T, C)`, changed."""
        ...

    def undo(self, changed: Numbers) -> Numbers:
        """The inverse of `do`."""
        ...

    def undo_forecast(self, forecast: Numbers) -> Numbers:
        """What a forecast `(…, H, C)` of changed values says of the values that follow the T. Of a transform that adds
        up steps, paths and means can be undone, quantiles of single steps cannot."""
        ...
