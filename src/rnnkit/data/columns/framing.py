"""Series as frames: what a run knows of its series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.columns.frames import Frames, deviations
from rnnkit.data.columns.series import Series
from rnnkit.data.examples.examples import Ragged
from rnnkit.errors import UserError


@dataclass(frozen=True)
class Framing:
    """The channels of series, and how these become frames."""

    channels: list[str]
    frames: Frames

    @classmethod
    def fit(cls, series: list[Series], hop: int, window: int, features: tuple[str, ...]) -> Framing:
        """From series that all have the same channels; see `Frames`."""
        scale = deviations([one.values for one in series])
        return cls(list(series[0].channels), Frames(hop, window, features, scale))

    def encode(self, series: Iterable[Series]) -> Ragged:
        """The frames of each series."""
        return Ragged.of(self.frames.of(one.values) for one in series)

    def as_series(self, given: Iterable[NDArray[Any] | Series]) -> list[Series]:
        """Arrays `(T, C)` as series. Raises `UserError` for other shapes, no steps, and numbers that are not finite."""
        series = []
        for number, one in enumerate(given, 1):
            if not isinstance(one, Series):
                title = f"series {number}"
                one = Series(str(number), self.checked(one, title), (), title, tuple(self.channels))
            series.append(one)
        return series

    def checked(self, given: Any, title: str) -> NDArray[np.float32]:
        """Steps `(T, C)` as the network takes them. Raises `UserError` for other shapes, no steps, and what is not
        finite at single precision."""
        try:
            with np.errstate(over="ignore"):
                values = np.asarray(given, dtype=np.float32)
        except (TypeError, ValueError):
            raise UserError(f"{title}: expected an array of numbers, got others; see its channels") from None
        if values.ndim != 2 or not len(values) or values.shape[1] != len(self.channels):
            raise UserError(
                f"{title}: expected steps of {len(self.channels)} channels "
                f"({', '.join(self.channels[:8])}), got {values.shape}"
            )
        if not np.isfinite(values).all():
            raise UserError(f"{title}: expected finite numbers, got others; fill the gaps first")
        return values

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"channels": self.channels, "frames": asdict(self.frames)}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Framing:
        """What `to_json` described."""
        own = saved["frames"]
        frames = Frames(int(own["hop"]), int(own["window"]), tuple(own["features"]), tuple(own["scale"]))
        return cls(list(saved["channels"]), frames)
