"""Quantiles corrected by what was held out, kept with a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from rnnkit.checkpoint import load, save
from rnnkit.data.examples import Numbers
from rnnkit.metrics.series.conformal import ranks_of
from rnnkit.tasks.forecasting.judged.forecasts import Floats, Forecasts, corrections
from rnnkit.tasks.forecasting.judged.tracking import Tracker
from rnnkit.tasks.forecasting.options import LEVELS

MOST_RANKS = 500
"""windows whose ranks are kept, to draw paths from"""


@dataclass(frozen=True)
class Calibration:
    """What was learned of forecasts of held-out windows."""

    FILE: ClassVar[str] = "calibration.safetensors"
    offsets: Floats
    """what is added to quantiles, after the change of values and in windows' scales `(H, Q)`"""
    ranks: Floats
    """where what came lay in its distribution, `(N, H)`"""
    spread: Floats
    """how wide the network's own 80 % interval was, in windows' scales `(H,)`, which intervals are followed by once
    values come; 0 of runs of earlier releases, whose intervals stay as they are"""

    @classmethod
    def fit(cls, found: Forecasts, truth: Floats, rows: Numbers) -> Calibration:
        """From forecasts of windows that were held out, what came `(N, H)`, and of which series they are `(N,)`."""
        offsets = corrections(found, truth, rows)
        every = -(-len(truth) // MOST_RANKS)
        own = found.corrected(offsets).quantiles[::every]
        came, changed = found.curve.do(truth[::every]), found.curve.do(own)
        low, high = (found.curve.do(found.quantiles[..., LEVELS.index(level)]) for level in (0.1, 0.9))
        spread = np.median((high - low) / found.scale, axis=0)
        return cls(offsets, ranks_of(came, changed, np.array(LEVELS)), spread)

    @property
    def tracker(self) -> Tracker:
        """What follows intervals, from these corrections on."""
        return Tracker(np.array(LEVELS), self.spread)

    @staticmethod
    def crossed(found: Forecasts, truth: Floats, rows: Numbers) -> Forecasts:
        """The forecasts, each half of them (every second one) corrected by the other, so that none is by itself."""
        made = found.quantiles.copy()
        for half in (0, 1):
            own, other = (slice(half, None, 2), slice(1 - half, None, 2))
            if len(truth[other]):
                offsets = corrections(found.rows(other), truth[other], rows[other])
                made[own] = found.rows(own).corrected(offsets).quantiles
        return replace(found, quantiles=made)

    def save(self, folder: Path) -> None:
        """Writes it to a run's folder."""
        tensors = {name: torch.from_numpy(getattr(self, name)) for name in ("offsets", "ranks", "spread")}
        save(folder / self.FILE, "calibration", tensors, {})

    @classmethod
    def load(cls, folder: Path, horizon: int) -> Calibration:
        """What `save` wrote; of a run that is not finished, no correction."""
        if not (folder / cls.FILE).exists():
            return cls(np.zeros((horizon, len(LEVELS))), np.zeros((0, horizon)), np.zeros(horizon))
        tensors, _ = load(folder / cls.FILE, "calibration")
        offsets, ranks = (tensors[name].numpy() for name in ("offsets", "ranks"))
        spread = tensors["spread"].numpy() if "spread" in tensors else np.zeros(horizon)
        if offsets.shape != (horizon, len(LEVELS)) or ranks.shape[1:] != (horizon,) or spread.shape != (horizon,):
            raise ValueError("corrections of another horizon")
        return cls(offsets, ranks, spread)
