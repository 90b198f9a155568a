"""How good forecasts are, by the field's measures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Floats
from rnnkit.metrics.labels.classification import resampled
from rnnkit.metrics.series import (
    coverage,
    crps_of_quantiles,
    mae,
    mase,
    mse,
    owa,
    seasonal_scale,
    smape,
    weighted_quantile_loss,
)
from rnnkit.tasks.forecasting.judged.forecasts import Forecasts
from rnnkit.tasks.forecasting.judged.origins import Windowed
from rnnkit.tasks.forecasting.options import LEVELS

TITLES = {
    "smape": "sMAPE",
    "mase": "MASE",
    "owa": "OWA (Naive2 has 1)",
    "crps": "CRPS, in scales of MASE",
    "weighted_quantile_loss": "weighted quantile loss",
    "coverage_80": "values in the 80 % interval",
    "coverage_95": "values in the 95 % interval",
    "standardized_mse": "mean squared error, standardised",
    "standardized_mae": "mean absolute error, standardised",
}
INTERVALS = {"coverage_80": (0.1, 0.9), "coverage_95": (0.025, 0.975)}


class Judge:
    """What scores of forecasts are measured by: the values that came, each series' scale of MASE from all that was seen
    before its first origin, and its mean and deviation over what was learned from."""

    def __init__(self, windowed: Windowed, horizon: int, season: int) -> None:
        series, origins = windowed.series, windowed.origins
        self.truth = series.following(*origins, horizon)
        seen, learned = (
            [series.own(row)[:length] for row, length in enumerate(lengths.tolist())]
            for lengths in (windowed.seen, windowed.learned)
        )
        self.scales = seasonal_scale(seen, season)[origins.rows]
        self.means = np.array([np.nanmean(own) if np.isfinite(own).any() else 0.0 for own in learned])[origins.rows]
        deviations = np.array([np.nanstd(own) if np.isfinite(own).any() else 1.0 for own in learned])
        self.deviations = np.where(deviations > 0, deviations, 1.0)[origins.rows]
        self.sizes = np.unique(origins.rows, return_counts=True)[1].tolist()
        """how many windows each series has"""
        self.blocks = self.sizes if len(self.sizes) > 1 else overlapping(origins.steps, horizon)
        """how many windows belong together: those of a series, or of one series alone those that share steps"""

    def errors(self, mean: Floats) -> tuple[Floats, Floats]:
        """sMAPE and MASE of each window."""
        return smape(self.truth, mean), mase(self.truth, mean, self.scales)

    def error(self, found: Forecasts) -> float:
        """What a validation goes by: the mean CRPS, in scales of MASE; as it is where no series has such a scale."""
        crps = mean_over_steps(crps_of_quantiles(self.truth, found.quantiles, np.array(LEVELS)))
        scaled = mean_of(crps / self.scales)
        return float(np.nanmean(crps)) if scaled is None else scaled

    def scores(self, found: Forecasts, naive2: Forecasts | None) -> dict[str, Any]:
        """All scores; the median is the forecast of absolute errors, the mean that of squared ones."""
        levels = np.array(LEVELS)
        median = found.quantiles[..., LEVELS.index(0.5)]
        smapes, mases = self.errors(median)
        scores: dict[str, Any] = {"smape": mean_of(smapes), "mase": mean_of(mases)}
        if len(self.sizes) == len(smapes) > 1:  # a window a series
            scores["mase_interval"] = list(resampled(lambda chosen: mean_of(mases[chosen]) or 0.0, len(mases), None))
        if naive2 is not None:
            scores["owa"] = number(owa(smapes, mases, *self.errors(naive2.mean)))
        return {**scores, **self._uncertainty(found, levels), **self._standardised(found, median)}

    def _uncertainty(self, found: Forecasts, levels: Floats) -> dict[str, Any]:
        """The scores of quantiles; none of forecasts that have a median alone."""
        if not np.isfinite(found.quantiles[..., 0]).any():
            return {}
        scores: dict[str, Any] = {"crps": self.error(found)}
        scores["weighted_quantile_loss"] = mean_of(weighted_quantile_loss(self.truth, found.quantiles, levels))
        for name, (low, high) in INTERVALS.items():
            below, above = (found.quantiles[..., LEVELS.index(level)] for level in (low, high))
            covered = coverage(self.truth, below, above, self.blocks)
            scores[name] = covered["share"]
            if covered["interval"] is not None and len(self.blocks) > 1:
                scores[f"{name}_interval"] = list(covered["interval"])
        return scores

    def _standardised(self, found: Forecasts, median: Floats) -> dict[str, Any]:
        """Squared and absolute errors in each series' deviations."""
        truth, deviations = (self.truth - self.means[:, None]) / self.deviations[:, None], self.deviations[:, None]
        return {
            "standardized_mse": mean_of(mse(truth, (found.mean - self.means[:, None]) / deviations)),
            "standardized_mae": mean_of(mae(truth, (median - self.means[:, None]) / deviations)),
        }

    @property
    def counts(self) -> dict[str, int]:
        """What the scores are over."""
        return {
            "series": len(self.sizes), "windows": len(self.truth), "values": int(np.isfinite(self.truth).sum())
        }  # fmt: skip

    def by_step(self, found: Forecasts) -> Floats:
        """The mean absolute error of each step of the horizon, in scales of MASE, `(H,)`; NaN where there is none."""
        errors = np.abs(self.truth - found.quantiles[..., LEVELS.index(0.5)]) / self.scales[:, None]
        seen = ~np.isnan(errors)
        counts = np.where(seen.any(axis=0), seen.sum(axis=0), np.nan)
        made: Floats = np.where(seen, errors, 0.0).sum(axis=0) / counts
        return made


def overlapping(steps: NDArray[np.int64], horizon: int) -> list[int]:
    """Windows of one series, which begin at these steps, in blocks of as many as begin within a horizon,
    which share steps (Künsch 1989, with blocks that do not overlap)."""
    apart = int(np.diff(steps).min(initial=horizon))
    size = -(-horizon // max(apart, 1))
    return [min(size, len(steps) - begin) for begin in range(0, len(steps), size)]


def mean_over_steps(values: Floats) -> Floats:
    """`(N, H)` to `(N,)`, NaN left out."""
    there = np.isfinite(values)
    made: Floats = np.where(there, values, 0.0).sum(axis=1) / np.where(there.any(axis=1), there.sum(axis=1), np.nan)
    return made


def mean_of(values: Floats) -> float | None:
    """The mean of what is no NaN; None where nothing is."""
    own = values[np.isfinite(values)]
    return float(own.mean()) if len(own) else None


def number(value: float) -> float | None:
    """A number, or None for NaN."""
    return float(value) if np.isfinite(value) else None
