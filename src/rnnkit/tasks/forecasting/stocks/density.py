"""Densities of returns: Student's t, or a normal distribution, of each step of some windows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.batches.windows import SeriesArrays
from rnnkit.metrics.series import log_score
from rnnkit.models import Forecaster
from rnnkit.models.evaluating import evaluating
from rnnkit.tasks.forecasting.judged.forecasts import Origins, each_found

NORMAL = 1e8
"""degrees of freedom with which Student's t is a normal distribution"""


class Densities(NamedTuple):
    """Of N windows and H steps, each `(N, H)`."""

    location: Floats
    scale: Floats
    degrees: Floats

    @property
    def deviation(self) -> Floats:
        """The standard deviation, for which there are more than two degrees of freedom."""
        made: Floats = self.scale * np.sqrt(self.degrees / (self.degrees - 2))
        return made

    @property
    def rise(self) -> Floats:
        """The probability of more than 0."""
        from scipy.special import stdtr

        made: Floats = stdtr(self.degrees, self.location / self.scale)
        return made

    def quantiles(self, levels: list[float]) -> Floats:
        """At levels `(Q,)`: `(N, H, Q)`."""
        from scipy.special import stdtrit

        location, scale, degrees = (part[..., None] for part in self)
        made: Floats = location + scale * stdtrit(degrees, np.array(levels))
        return made

    def widened(self, factor: float) -> Densities:
        """With scales so many times as large."""
        return self._replace(scale=self.scale * factor)

    def log_density(self, truth: Floats) -> Floats:
        """The logarithm of the density of what came `(N, H)`, in nats: higher is better."""
        return -log_score(truth, *self)

    def crps(self, truth: Floats) -> Floats:
        """The continuous ranked probability score `(N, H)`: lower is better (Jordan, Krüger and Lerch 2019)."""
        from scoringrules import crps_t

        return np.asarray(crps_t(truth, self.degrees, self.location, self.scale, backend="numpy"))


def densities(model: Forecaster, series: SeriesArrays, origins: Origins) -> Densities:
    """What the network forecasts from the origins, as returns."""
    parts: list[Densities] = []
    with evaluating(model) as device:
        for _, windows, found in each_found(model, device, series, origins):
            own = model.head.parameters_of(found.features)
            location, log_scale = own.location + found.location, own.log_scale
            degrees = own.degrees if len(own) > 2 else np.full(location.shape, NORMAL)
            made = (np.asarray(part, dtype=np.float64) for part in (location.cpu(), log_scale.cpu(), degrees))
            at, log_width, freedom = made
            parts.append(Densities(at * windows.scale, np.exp(log_width) * windows.scale, freedom))
    return Densities(*map(np.concatenate, zip(*parts, strict=True)))
