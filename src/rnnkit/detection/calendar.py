"""What is usual at this time of the day, and of the week: a running mean for each part of the period.

Nothing is known of a part before the whole period has passed once since the first time stamp; without time stamps,
never.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Period(NamedTuple):
    """A period of `seconds`, in `parts`; means fade over so many `rounds`."""

    seconds: int
    parts: int
    rounds: int


PERIODS = (Period(86_400, 288, 8), Period(604_800, 336, 4))
"""a day in parts of five minutes, a week in half hours"""


class CalendarMeans(NamedTuple):
    """The mean of each part `(B, parts, C)`, and of how many values `(B, parts)`."""

    means: Tensor
    counts: Tensor


def new_profile(batch_size: int, channels: int, period: Period) -> CalendarMeans:
    """One of which nothing is known."""
    return CalendarMeans(
        torch.zeros(batch_size, period.parts, channels, dtype=torch.float64),
        torch.zeros(batch_size, period.parts, dtype=torch.float64),
    )


def part_of(time: Tensor, period: Period) -> Tensor:
    """The part of the period that a `time` `(B,)` in seconds lies in, `(B,)`; 0 where there is no time."""
    share = torch.nan_to_num(time).remainder(period.seconds) / period.seconds
    return (share * period.parts).long().clamp(max=period.parts - 1)


def usual(profile: CalendarMeans, part: Tensor, elapsed: Tensor, period: Period) -> tuple[Tensor, Tensor]:
    """The mean of a part, `(B, C)`, and whether it is known, `(B, 1)` booleans; `elapsed` `(B,)` in seconds."""
    row = torch.arange(len(part))
    known = (profile.counts[row, part] > 0) & (elapsed >= period.seconds)
    return profile.means[row, part], known.unsqueeze(-1)


def profile_with(
    x: Tensor, seen: Tensor, profile: CalendarMeans, part: Tensor, interval: Tensor, period: Period
) -> CalendarMeans:
    """After `x` `(B, C)` in a part, where `seen` `(B, C)`, 0 or 1; `interval` `(B,)`: seconds between values."""
    row = torch.arange(len(part))
    count, mean = profile.counts[row, part], profile.means[row, part]
    in_part = (period.seconds / period.parts / interval.clamp(min=1e-9)).clamp(min=1)
    rate = 1 / torch.minimum(count + 1, period.rounds * in_part)
    means = profile.means.index_put((row, part), mean + seen * rate.unsqueeze(-1) * (x - mean))
    return CalendarMeans(means, profile.counts.index_put((row, part), count + seen.amin(-1)))
