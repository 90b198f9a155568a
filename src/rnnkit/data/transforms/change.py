"""Transforms joined: a curve of each value by itself, then what is taken out of windows, in the order that is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnnkit.arrays import Array
from rnnkit.data.transforms.differencing import Differencing
from rnnkit.data.transforms.power import Curve, Logarithm, Power, Unchanged, check_values, likeliest_power
from rnnkit.data.transforms.seasons import Seasons
from rnnkit.errors import UserError

NONE, BOX_COX, SEASONAL_ADJUSTMENT = "none", "box-cox", "seasonal-adjustment"
CURVES = ("log", "log1p", BOX_COX)
DIFFERENCES = ("difference", "seasonal-difference")
PARTS = (*DIFFERENCES, SEASONAL_ADJUSTMENT)


@dataclass(frozen=True)
class Change:
    """What becomes of values before a network sees them."""

    names: tuple[str, ...] = ()
    """of `CURVES` one at most, which comes first, and of `PARTS`"""
    season: int = 1
    """steps of a season"""
    power: float = 1.0
    """that of `box-cox`, the same for all series, so that those that were never seen have one, too"""

    @property
    def curve(self) -> Curve:
        """What becomes of each value by itself."""
        first = self.names[0] if self.names else NONE
        if first == BOX_COX:
            return Power(self.power)
        return Logarithm(0.0 if first == "log" else 1.0) if first in CURVES else Unchanged()

    @property
    def is_curved(self) -> bool:
        """Whether values are changed one by one."""
        return bool(self.names) and self.names[0] in CURVES

    @property
    def differences(self) -> bool:
        """Whether windows are of differences."""
        return any(name in DIFFERENCES for name in self.names)

    @property
    def parts(self) -> list[Differencing | Seasons]:
        """What is taken out of windows."""
        made: list[Differencing | Seasons] = []
        for name in self.names:
            if name in DIFFERENCES:
                made.append(Differencing(1 if name == "difference" else self.season))
            elif name == SEASONAL_ADJUSTMENT:
                made.append(Seasons(self.season))
        return made

    @property
    def before(self) -> int:
        """How many steps before a window it takes."""
        return sum(part.before for part in self.parts)

    def check(self, values: Array, name: str) -> None:
        """Raises `UserError` where values of the series of a name cannot be changed."""
        if self.is_curved:
            check_values(values, name, self.names[0])

    def in_windows(self, values: Array, horizon: int) -> tuple[Array, Array]:
        """Windows `(B, before + L)` of values that went through the curve, without what is taken out of them `(B, L)`;
        and what follows them, `(B, H)`, where nothing else does: what is forecast is measured from there, so that all
        that is said of any one step (means, quantiles, paths) can be undone."""
        return _within(self.parts, values, horizon)


def _within(parts: Sequence[Differencing | Seasons], values: Array, horizon: int) -> tuple[Array, Array]:
    if not parts:
        return values, np.zeros((len(values), horizon))
    changed, back = parts[0].do(values)
    inner, ahead = _within(parts[1:], changed, horizon)
    return inner, back(ahead)


def parse_change(text: str) -> tuple[str, ...]:
    """The names in `text`, parted by commas; none of `none`. Raises `UserError` for what is none of them."""
    names = tuple(name for part in text.split(",") if (name := part.strip()) not in ("", NONE))
    curves = [name for name in names if name in CURVES]
    if not set(names) <= {*CURVES, *PARTS} or len(set(names)) < len(names) or curves != list(names[: len(curves[:1])]):
        raise UserError(
            f"--transform takes none, or one of {', '.join(CURVES)} and then any of {', '.join(PARTS)}, parted by "
            f"commas, got {text!r}"
        )
    return names


def fit_change(names: tuple[str, ...], series: Sequence[tuple[str, Array]], season: int) -> Change:
    """Fitted to series that are learned from: their names, and values `(T, C)`. Raises `UserError` where these cannot
    be changed, and where there is no season to take out."""
    seasonal = next((name for name in names if name.startswith("seasonal")), None)
    if seasonal and season < 2:
        raise UserError(f"--transform {seasonal} takes a season of two steps or more, got {season}; pass --seasonality")
    made = Change(names, season)
    for name, values in series:
        made.check(values, name)
    if names[:1] == (BOX_COX,):
        return Change(names, season, likeliest_power([channel for _, values in series for channel in values.T]))
    return made


def check_fits(change: Change, look_back: int) -> None:
    """Raises `UserError` where windows of so many steps are too short to take seasons out of."""
    if SEASONAL_ADJUSTMENT in change.names and look_back + change.before < 2 * change.season:
        raise UserError(
            f"--transform {SEASONAL_ADJUSTMENT} takes windows of two seasons, {2 * change.season:,} steps, got "
            f"{look_back:,}; pass a larger --look-back, or longer series"
        )
