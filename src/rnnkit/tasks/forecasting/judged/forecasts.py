"""Forecasts of many windows: run through the network, put back on the series' own scale, corrected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.examples import Numbers
from rnnkit.data.windows import SeriesArrays, Windows
from rnnkit.metrics.series.conformal import conformal_offsets
from rnnkit.models import Forecaster
from rnnkit.models.evaluating import evaluating
from rnnkit.models.forecaster import Forecast
from rnnkit.tasks.forecasting.options import LEVELS

Floats = NDArray[np.float64]
AT_ONCE = 256
"""windows"""


class Origins(NamedTuple):
    """Where forecasts begin: rows of `SeriesArrays`, and their steps."""

    rows: Numbers
    steps: Numbers


@dataclass(frozen=True)
class Forecasts:
    """Of N windows, on the series' own scale."""

    mean: Floats
    """`(N, H)`"""
    quantiles: Floats
    """at `LEVELS`, `(N, H, Q)`"""
    scale: Floats
    """the windows' scales `(N, 1)`"""
    floor: Floats
    """what nothing is below, `(N, 1)`"""

    def at(self, levels: list[float]) -> Floats:
        """Quantiles at other levels, between the outermost ones, `(N, H, Q')`: in a straight line between two."""
        upper = np.clip(np.searchsorted(LEVELS, levels), 1, len(LEVELS) - 1)
        known = np.array(LEVELS)
        share = (np.array(levels) - known[upper - 1]) / (known[upper] - known[upper - 1])
        made: Floats = self.quantiles[..., upper - 1] * (1 - share) + self.quantiles[..., upper] * share
        return made

    def rows(self, chosen: slice) -> Forecasts:
        """Some of them."""
        return Forecasts(self.mean[chosen], self.quantiles[chosen], self.scale[chosen], self.floor[chosen])

    def corrected(self, offsets: Floats) -> Forecasts:
        """With `offsets` `(H, Q)`, in windows' scales, added to the quantiles."""
        moved = self.quantiles + offsets * self.scale[..., None]
        return replace(self, quantiles=np.maximum(np.sort(moved, axis=2), self.floor[..., None]))


def each_found(
    model: Forecaster, device: torch.device, series: SeriesArrays, origins: Origins
) -> Iterator[tuple[Origins, Windows, Forecast]]:
    """Some windows at a time, in order, and what the network, which is on that device, gives for them."""
    for start in range(0, len(origins.rows), AT_ONCE):
        some = Origins(*(part[start : start + AT_ONCE] for part in origins))
        windows = series.windows(*some, model.look_back, model.horizon)
        past, context = windows.inputs(model.segment)
        past = type(past)(past.data.to(device), past.lengths.to(device), known_full=True)
        yield some, windows, model(past, None, {name: part.to(device) for name, part in context.items()})[0]


def forecast(model: Forecaster, series: SeriesArrays, origins: Origins) -> Forecasts:
    """Forecasts from the origins; of a series that was never below 0 none is."""
    means, quantiles, scales, floors = [], [], [], []
    levels = torch.tensor(LEVELS, dtype=torch.float64)
    with evaluating(model) as device:
        for some, windows, found in each_found(model, device, series, origins):
            level, scale = windows.level, windows.scale
            floor = series.floors(*some)
            means.append(np.maximum(model.mean(found).double().cpu().numpy() * scale + level, floor))
            own = model.quantiles(found, levels).cpu().numpy()
            quantiles.append(np.maximum(own * scale[..., None] + level[..., None], floor[..., None]))
            scales.append(scale)
            floors.append(floor)
    return Forecasts(*map(np.concatenate, (means, quantiles, scales, floors)))


def loss_of(model: Forecaster, series: SeriesArrays, origins: Origins) -> float:
    """The mean loss of windows, as training has it."""
    total = 0.0
    with evaluating(model) as device:
        for start in range(0, len(origins.rows), AT_ONCE):
            rows, steps = (part[start : start + AT_ONCE] for part in origins)
            batch = series.batch(rows, steps, *model.sizes)
            inputs, targets, _ = batch.unpack(tuple(tensor.to(device) for tensor in batch.tensors))
            total += float(model.losses(inputs, targets)[0].sum())
    return total / len(origins.rows)


def corrections(found: Forecasts, truth: Floats) -> Floats:
    """What to add to quantiles, in windows' scales `(H, Q)`, by windows that were held back, of which `truth` `(N, H)`
    followed."""
    scaled = (truth / found.scale, found.quantiles / found.scale[..., None])
    return conformal_offsets(*scaled, np.array(LEVELS))
