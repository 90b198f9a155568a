"""Each channel of a series by itself, less an offset, over a scale."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnnkit.data.transforms import Numbers

LEAST = 1e-100
"""By less, ordinary numbers would become infinite."""


class Scaling(NamedTuple):
    """(x - offset) / scale."""

    offset: Numbers
    """`(C,)`"""
    scale: Numbers
    """`(C,)`, above 0"""

    def do(self, values: Numbers) -> Numbers:
        """Values `(…, C)`, scaled."""
        return np.asarray((values - self.offset) / self.scale)

    def undo(self, changed: Numbers) -> Numbers:
        """The inverse of `do`."""
        return np.asarray(changed * self.scale + self.offset)

    def undo_forecast(self, forecast: Numbers) -> Numbers:
        """The same, step by step."""
        return self.undo(forecast)


def unscaled(values: Numbers) -> Scaling:
    """Values `(T, C)` as they are."""
    return Scaling(np.zeros(values.shape[1]), np.ones(values.shape[1]))


def standardisation(values: Numbers) -> Scaling:
    """To mean 0 and standard deviation 1 over the T values that there are; only to mean 0 where they are constant."""
    means = _mean(values)
    return Scaling(means, _above_zero(np.sqrt(_mean((values - means) ** 2)), np.abs(means)))


def mean_scaling(values: Numbers) -> Scaling:
    """By the mean of the absolute values, as DeepAR's (Salinas 2020); not at all where all are 0."""
    return Scaling(np.zeros(values.shape[1]), _above_zero(_mean(np.abs(values)), np.zeros(values.shape[1])))


def _mean(values: Numbers) -> Numbers:
    """Over the T values that there are; 0 where there are none."""
    there = ~np.isnan(values)
    return np.asarray(np.where(there, values, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1))


def _above_zero(scale: Numbers, size: Numbers) -> Numbers:
    """1 instead of what is 0, or no more than rounding in numbers of that size."""
    return np.where(scale > np.maximum(1e-14 * size, LEAST), scale, 1.0)


SCALINGS = {"none": unscaled, "standard": standardisation, "mean": mean_scaling}
