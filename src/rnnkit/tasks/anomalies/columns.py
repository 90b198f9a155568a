"""What a run knows of the columns of the series that it watches."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from rnnkit.data.batches.next_steps import StepArrays
from rnnkit.data.history.history import Histories
from rnnkit.detection import standardised_series
from rnnkit.errors import UserError

AT_ONCE = 256
"""series that are standardised side by side"""


@dataclass(frozen=True)
class WatchedColumns:
    """The channels."""

    channels: list[str]

    def check(self, histories: Histories) -> None:
        """Raises `UserError` where series have other channels than the run."""
        if list(histories.channels) != self.channels:
            raise UserError(
                f"the run has the channels {', '.join(self.channels)}, got {', '.join(histories.channels)}; give "
                "these columns"
            )

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> WatchedColumns:
        """What `to_json` described."""
        return cls(list(saved["channels"]))


def step_arrays(histories: Histories, learned: Any, window: float) -> StepArrays:
    """Series as the detector's network reads them; `learned` steps `(N,)` of each are to learn from."""
    own = [one.values for one in histories.series]
    lengths = np.array([len(values) for values in own])
    order = np.argsort(-lengths, kind="stable")
    parts: dict[int, Any] = {}
    for start in range(0, len(order), AT_ONCE):
        some = order[start : start + AT_ONCE]
        together = np.full((len(some), int(lengths[some].max(initial=0)), len(histories.channels)), np.nan)
        for row, number in enumerate(some.tolist()):
            together[row, : lengths[number]] = own[number]
        found = standardised_series(torch.from_numpy(together), window).numpy()
        parts |= {number: found[row, : lengths[number]] for row, number in enumerate(some.tolist())}
    values = np.concatenate([parts[number] for number in range(len(own))]).astype(np.float32)
    seen = np.isfinite(np.concatenate(own))
    return StepArrays(values, seen, np.cumsum([0, *lengths]).astype(np.int64), np.asarray(learned, dtype=np.int64))
