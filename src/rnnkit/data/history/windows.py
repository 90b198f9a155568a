"""Series split by time: the last values held out, or forecasts made from origins that roll towards the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rnnkit.arrays import Floats
from rnnkit.data.history.history import Histories, cut
from rnnkit.errors import UserError


class Window(NamedTuple):
    """What was seen up to an origin, and what followed."""

    histories: Histories
    """cut at the origin: those of which there is enough before it, their numbers in `numbers`"""
    followed: tuple[Floats, ...]
    """of each of them, the values `(horizon, C)` after the origin"""
    numbers: tuple[int, ...]
    """which of all series they are"""
    back: int
    """steps from the origin to the end"""


def hold_out_last(histories: Histories, horizon: int, least: int = 1) -> Window:
    """The last `horizon` values of each series held out. Series with fewer than `least` steps before them are not in
    it. Raises `UserError` where none is."""
    return next(rolling_origins(histories, horizon, windows=1, step=1, least=least))


def rolling_origins(histories: Histories, horizon: int, windows: int, step: int, least: int = 1) -> Iterator[Window]:
    """So many windows, the earliest first, of which each begins `step` steps after the one before and the last has the
    last `horizon` values. Raises `UserError` where no series has `least` steps before the first of them."""
    longest = max((history.length for history in histories.series), default=0)
    back = horizon + (windows - 1) * step
    if longest < back + least:
        raise UserError(
            f"expected a series of at least {back + least:,} steps ({least:,} to learn from, {back:,} for forecasts "
            f"of {horizon:,} from {windows:,} origins), but the longest has {longest:,}; take fewer or shorter ones"
        )
    for number in range(windows):
        yield _window(histories, horizon, horizon + (windows - 1 - number) * step, least)


def _window(histories: Histories, horizon: int, back: int, least: int) -> Window:
    numbers = tuple(n for n, history in enumerate(histories.series) if history.length - back >= least)
    chosen = [histories.series[number] for number in numbers]
    followed = tuple(history.values[history.length - back : history.length - back + horizon] for history in chosen)
    return Window(histories.of([cut(history, history.length - back) for history in chosen]), followed, numbers, back)
