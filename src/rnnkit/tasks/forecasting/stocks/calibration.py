"""How much wider or narrower a network's densities have to be, by days that were held out, kept with a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import load, positive, save
from rnnkit.tasks.forecasting.stocks.density import Densities

LEAST = 40
"""returns, below which nothing is corrected"""
WIDEST = 3.0
"""the factor at most, and one through it at least"""


@dataclass(frozen=True)
class ScaleCalibration:
    """One factor of all scales: so the density stays one."""

    FILE: ClassVar[str] = "calibration.safetensors"
    factor: float

    @classmethod
    def fit(cls, found: Densities, truth: NDArray[np.float64]) -> ScaleCalibration:
        """The factor with which what came `(N, H)` was likeliest."""
        from scipy.optimize import minimize_scalar

        if np.isfinite(truth).sum() < LEAST:
            return cls(1.0)
        widest = float(np.log(WIDEST))

        def loss(log_factor: float) -> float:
            return -float(np.nanmean(found.widened(float(np.exp(log_factor))).log_density(truth)))

        best = minimize_scalar(loss, bounds=(-widest, widest), method="bounded")
        return cls(float(np.exp(best.x)))

    def save(self, folder: Path) -> None:
        """Writes it to a run's folder."""
        save(folder / self.FILE, "calibration", {"factor": torch.tensor([self.factor], dtype=torch.float64)}, {})

    @classmethod
    def load(cls, folder: Path, horizon: int) -> ScaleCalibration:
        """What `save` wrote; of a run that is not finished, no correction."""
        if not (folder / cls.FILE).exists():
            return cls(1.0)
        tensors, _ = load(folder / cls.FILE, "calibration")
        factor = tensors["factor"].item()
        if not positive(factor):
            raise ValueError("a factor that is not above 0")
        return cls(factor)
