"""Forecasts of many windows: run through the network, put back on the series' own scale, corrected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch

from rnnkit.arrays import Floats, Numbers
from rnnkit.data.batches.windows import SeriesArrays, Windows
from rnnkit.data.transforms.change import Change
from rnnkit.data.transforms.power import Curve, Unchanged
from rnnkit.metrics.series.conformal import conformal_offsets, paths_through
from rnnkit.models.evaluating import evaluating
from rnnkit.tasks.forecasting.options import LEVELS

AT_ONCE = 256
"""windows"""
LEAST_WIDTH = 1e-6
"""of an interval, in windows' scales"""
EVEN = tuple((n + 0.5) / 40 for n in range(40))
"""levels of quantiles whose average is the mean"""


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
    width: Floats
    """of the 80 % interval, before anything is corrected and after the change of values, `(N, H)`: what corrections are
    measured by, so that what is sure stays so"""
    curve: Curve = Unchanged()
    """what the network's own values were changed by, each by itself: windows' scales are of changed values"""

    def at(self, levels: list[float]) -> Floats:
        """Quantiles at other levels, between the outermost ones, `(N, H, Q')`: in a straight line between two."""
        upper = np.clip(np.searchsorted(LEVELS, levels), 1, len(LEVELS) - 1)
        known = np.array(LEVELS)
        share = (np.array(levels) - known[upper - 1]) / (known[upper] - known[upper - 1])
        made: Floats = self.quantiles[..., upper - 1] * (1 - share) + self.quantiles[..., upper] * share
        return made

    def rows(self, chosen: slice | Numbers) -> Forecasts:
        """Some of them."""
        parts = (self.mean, self.quantiles, self.scale, self.floor, self.width)
        mean, quantiles, scale, floor, width = (part[chosen] for part in parts)
        return Forecasts(mean, quantiles, scale, floor, width, self.curve)

    def moved(self, by: Floats) -> Forecasts:
        """With something added to the quantiles of changed values, `(N, H, Q)`; they may be out of order then."""
        return replace(self, quantiles=self.curve.undo(self.curve.do(self.quantiles) + by))

    def ordered(self) -> Forecasts:
        """With quantiles that rise and are not below the floor."""
        return replace(self, quantiles=np.maximum(np.sort(self.quantiles, axis=2), self.floor[..., None]))

    def paths(self, number: int, ranks: Floats, count: int, chance: Any) -> Floats:
        """Joint paths `(count, H)` of one of them, by the `ranks` `(N', H)` of windows that were held out."""
        own = self.curve.do(self.quantiles[number])
        drawn = self.curve.undo(paths_through(own, np.array(LEVELS), ranks, count, chance))
        made: Floats = np.maximum(drawn, self.floor[number])
        return made


def each_found(
    model: Any, device: torch.device, series: SeriesArrays, origins: Origins
) -> Iterator[tuple[Origins, Windows, Any]]:
    """Some windows at a time, in order, and what the network, which is on that device, gives for them."""
    for start in range(0, len(origins.rows), AT_ONCE):
        some = Origins(*(part[start : start + AT_ONCE] for part in origins))
        windows = series.windows(*some, model.look_back, model.horizon)
        past, context = windows.inputs(model.segment)
        past = type(past)(past.data.to(device), past.lengths.to(device), known_full=True)
        yield some, windows, model(past, None, {name: part.to(device) for name, part in context.items()})[0]


def forecast(model: Any, series: SeriesArrays, origins: Origins) -> Forecasts:
    """Forecasts from the origins; of a series that was never below 0 none is."""
    parts = []
    with evaluating(model) as device:
        for some, windows, found in each_found(model, device, series, origins):
            parts.append((*undone(model, found, windows, series.change), windows.scale, series.floors(*some)))
    mean, quantiles, scale, floor = map(np.concatenate, zip(*parts, strict=True))
    quantiles, curve = np.maximum(quantiles, floor[..., None]), series.change.curve
    low, high = (curve.do(quantiles[..., LEVELS.index(level)]) for level in (0.1, 0.9))
    width = np.maximum(high - low, LEAST_WIDTH * scale)
    return Forecasts(np.maximum(mean, floor), quantiles, scale, floor, width, curve)


def undone(model: Any, found: Any, windows: Windows, change: Change) -> tuple[Floats, Floats]:
    """What a model found of windows, the means `(B, H)` and the quantiles at `LEVELS` `(B, H, Q)`, on the series' own
    scale. Where values were changed one by one, as by logarithms, the mean of changed values says nothing of theirs: it
    is the average of quantiles, each undone."""

    def at(levels: Any) -> Floats:
        own = model.quantiles(found, torch.tensor(levels, dtype=torch.float64)).cpu().numpy()
        made: Floats = change.curve.undo(own * windows.scale[..., None] + windows.level[..., None])
        return made

    if change.is_curved:
        return at(EVEN).mean(axis=2), at(LEVELS)
    return model.mean(found).double().cpu().numpy() * windows.scale + windows.level, at(LEVELS)


def loss_of(model: Any, series: SeriesArrays, origins: Origins) -> float:
    """The mean loss of windows, as training has it."""
    total = 0.0
    with evaluating(model) as device:
        for start in range(0, len(origins.rows), AT_ONCE):
            rows, steps = (part[start : start + AT_ONCE] for part in origins)
            batch = series.batch(rows, steps, *model.sizes)
            inputs, targets, _ = batch.unpack(tuple(tensor.to(device) for tensor in batch.tensors))
            total += float(model.losses(inputs, targets)[0].sum())
    return total / len(origins.rows)


def corrections(found: Forecasts, truth: Floats, rows: Numbers) -> Floats:
    """What to add to quantiles, in widths `(H, Q)`, by windows that were held back, of which `truth` `(N, H)` followed,
    and which are of series `rows` `(N,)` (the ratio of Sesia and Candès 2020, "A comparison of some conformal quantile
    regression methods"). Series count alike: they may be taken for draws of one kind, but not all windows, of which
    long series have more, and may be easier. The median stays where it is."""
    own, made = found.curve.do(truth) / found.width, found.curve.do(found.quantiles) / found.width[..., None]
    offsets = conformal_offsets(own, made, np.array(LEVELS), 1 / np.bincount(rows)[rows])
    offsets[:, LEVELS.index(0.5)] = 0.0
    return offsets
