"""How good forecasts with their uncertainty are: quantiles, samples and intervals against what came.

What came is `(N, H)`, of N series or windows, NaN where a value is missing; so is then its score. The scores
are scoringrules', which is imported where it is called.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Floats
from rnnkit.errors import UserError
from rnnkit.metrics.labels.classification import resampled


def pinball(actual: Floats, quantiles: Floats, levels: Floats) -> Floats:
    """The pinball loss `(N, H, Q)` of quantiles `(N, H, Q)` at `levels` `(Q,)` (Koenker and Bassett 1978)."""
    from scoringrules import quantile_score

    checked = _checked(levels)
    if quantiles.shape != (*actual.shape, len(checked)):
        raise UserError(
            f"of {actual.shape} values there are {(*actual.shape, len(checked))} quantiles, got {quantiles.shape}"
        )
    return _missing(actual, quantile_score(actual[..., None], quantiles, checked, backend="numpy"))


def crps_of_quantiles(actual: Floats, quantiles: Floats, levels: Floats) -> Floats:
    """The continuous ranked probability score `(N, H)` of quantiles `(N, H, Q)`: twice the integral of the pinball loss
    over the levels (Laio and Tamea 2007), each of which stands for all nearer to it than to another. For levels in the
    middle of equal parts of 0 to 1 it is twice the mean pinball loss.

    Of a normal distribution's quantiles it is 0.2 % too high at 20 such levels and 0.7 % at 10; at the five levels
    0.025, 0.1, 0.5, 0.9, 0.975 it is 11 % too low. Scores of different levels are not to be compared."""
    ends = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    found: Floats = 2 * (pinball(actual, quantiles, levels) * np.diff(ends)).sum(axis=-1)
    return found


def crps_of_samples(actual: Floats, samples: Floats) -> Floats:
    """The same `(N, H)` of samples `(N, H, S)`, without bias for the distribution that they are drawn from (the fair
    estimator, Ferro 2014, by probability-weighted moments); S is 2 or more."""
    from scoringrules import crps_ensemble

    if samples.shape[:-1] != actual.shape or samples.shape[-1] < 2:
        raise UserError(f"of {actual.shape} values there are {actual.shape} × 2 samples or more, got {samples.shape}")
    return _missing(actual, crps_ensemble(actual, samples, estimator="pwm", backend="numpy"))


def weighted_quantile_loss(actual: Floats, quantiles: Floats, levels: Floats) -> Floats:
    """At each level `(Q,)`, twice the pinball loss over all values, divided by their absolute sum, as in GluonTS
    (Alexandrov et al. 2020) and DeepAR; NaN where all values are 0. Large series weigh more."""
    losses = np.nansum(pinball(actual, quantiles, levels), axis=(0, 1))
    total = np.nansum(np.abs(actual))
    return 2 * losses / total if total > 0 else np.full(len(levels), np.nan)


def scaled_pinball(actual: Floats, quantiles: Floats, levels: Floats, scale: Floats) -> Floats:
    """Of each series and level, `(N, Q)`: the mean pinball loss divided by the series' scale `(N,)`, the mean absolute
    change in its history, as in the M5 competition (Makridakis et al. 2022): all series weigh the same."""
    losses = pinball(actual, quantiles, levels)
    seen = (~np.isnan(actual)).sum(axis=1)
    return np.where(seen > 0, np.nansum(losses, axis=1).T / np.maximum(seen, 1) / scale, np.nan).T


def coverage(actual: Floats, low: Floats, high: Floats, sizes: list[int] | None = None) -> dict[str, Any]:
    """The share of values inside intervals `(N, H)`, ends included, and its 95 % interval by a bootstrap over blocks,
    since the values of a row are not independent: `share`, `interval`, `values` (how many), `blocks`.

    A row is a block; where rows belong together, as overlapping windows of one series do, `sizes` says how many follow
    one another in each block. A value that is missing, or whose interval is unknown, does not count.
    """
    seen = ~(np.isnan(actual) | np.isnan(low) | np.isnan(high))
    inside = (seen & (low <= actual) & (actual <= high)).sum(axis=1)
    counts = seen.sum(axis=1)
    blocks = len(actual) if sizes is None else len(sizes)
    if sizes is not None and sum(sizes) != len(actual):
        raise UserError(f"the sizes of blocks add up to {len(actual)} rows, got {sum(sizes)}")
    if not counts.any():
        return {"share": None, "interval": None, "values": 0, "blocks": blocks}

    def share(chosen: NDArray[np.int64]) -> float:
        # All rows that were drawn may be ones without a value.
        return (
            float(inside[chosen].sum() / counts[chosen].sum())
            if counts[chosen].any()
            else float(inside.sum() / counts.sum())
        )

    everything = np.arange(len(actual))
    return {
        "share": share(everything),
        "interval": resampled(share, len(actual), sizes),
        "values": int(counts.sum()),
        "blocks": blocks,
    }


def _checked(levels: Floats) -> Floats:
    if levels.ndim != 1 or not ((levels > 0) & (levels < 1)).all() or (np.diff(levels) <= 0).any():
        raise UserError(f"levels rise between 0 and 1, got {levels.tolist()}")
    return levels


def _missing(actual: Floats, scores: Floats) -> Floats:
    """Scores without those of values that are missing, which a library may have taken for wrong ones."""
    unknown = np.isnan(actual) if scores.ndim == actual.ndim else np.isnan(actual)[..., None]
    return np.where(unknown, np.nan, scores)
