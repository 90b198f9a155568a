"""Quantiles corrected by what was held out, kept with a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from rnnkit.arrays import Floats, Numbers
from rnnkit.checkpoint import load, save
from rnnkit.metrics.series.conformal import ranks_of
from rnnkit.tasks.forecasting.judged.forecasts import Forecasts, corrections
from rnnkit.tasks.forecasting.judged.tracking import RATE, Tracker
from rnnkit.tasks.forecasting.options import LEVELS

MOST_RANKS = 500
"""windows whose ranks are kept, to draw paths from"""


@dataclass(frozen=True)
class Calibration:
    """What was learned of forecasts of held-out windows."""

    FILE: ClassVar[str] = "calibration.safetensors"
    shares: Floats
    """what is added to quantiles after the change of values, in forecasts' widths `(H, Q)`"""
    ranks: Floats
    """where what came lay in its distribution, `(N, H)`"""
    offsets: Floats | None = None
    """of runs of earlier releases, what is added in windows' scales `(H, Q)`; their intervals are not followed"""

    @classmethod
    def fit(cls, found: Forecasts, truth: Floats, rows: Numbers) -> Calibration:
        """From forecasts of windows that were held out, what came `(N, H)`, and of which series they are `(N,)`."""
        made = cls(corrections(found, truth, rows), np.zeros((0, truth.shape[1])))
        every = -(-len(truth) // MOST_RANKS)
        own = made.corrected(found).quantiles[::every]
        came, changed = found.curve.do(truth[::every]), found.curve.do(own)
        return replace(made, ranks=ranks_of(came, changed, np.array(LEVELS)))

    def corrected(self, found: Forecasts) -> Forecasts:
        """The forecasts, corrected."""
        moves = self.shares * found.width[..., None]
        return found.moved(moves if self.offsets is None else self.offsets * found.scale[..., None]).ordered()

    @property
    def tracker(self) -> Tracker:
        """What follows intervals, from these corrections on."""
        return Tracker(np.array(LEVELS), len(self.shares), RATE if self.offsets is None else 0.0)

    @staticmethod
    def crossed(found: Forecasts, truth: Floats, rows: Numbers) -> Forecasts:
        """The forecasts, each half of them (every second one) corrected by the other, so that none is by itself."""
        made = found.quantiles.copy()
        for half in (0, 1):
            own, other = (slice(half, None, 2), slice(1 - half, None, 2))
            if len(truth[other]):
                learned = Calibration(corrections(found.rows(other), truth[other], rows[other]), np.zeros((0, 1)))
                made[own] = learned.corrected(found.rows(own)).quantiles
        return replace(found, quantiles=made)

    def save(self, folder: Path) -> None:
        """Writes it to a run's folder."""
        tensors = {name: torch.from_numpy(getattr(self, name)) for name in ("shares", "ranks")}
        save(folder / self.FILE, "calibration", tensors, {})

    @classmethod
    def load(cls, folder: Path, horizon: int) -> Calibration:
        """What `save` wrote; of a run that is not finished, no correction."""
        none = np.zeros((horizon, len(LEVELS)))
        if not (folder / cls.FILE).exists():
            return cls(none, np.zeros((0, horizon)))
        tensors, _ = load(folder / cls.FILE, "calibration")
        read = {name: tensor.numpy() for name, tensor in tensors.items()}
        made = cls(read.get("shares", none), read["ranks"], None if "shares" in read else read["offsets"])
        if {part.shape for part in (made.shares, made.offsets) if part is not None} != {none.shape}:
            raise ValueError("corrections of another horizon")
        if made.ranks.shape[1:] != (horizon,):
            raise ValueError("ranks of another horizon")
        return made
