"""What is expected of a value before it is looked at, from all before it and from its time."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rnnkit.detection.calendar import PERIODS, part_of, usual
from rnnkit.detection.memory import Learned, Memory, TimeStamps, clock_with
from rnnkit.detection.readout import predicted
from rnnkit.detection.scaling import Spread, width

FARTHEST = 10.0
"""standardised values are bounded here: asinh of 11,000 spreads"""


class Expectation(NamedTuple):
    """The readout's `features` `(B, F)`, the `value` `(B, C)` and the same `standardised`; and what the value's time
    tells: the clock, parts of the day and the week, and what is usual in them."""

    features: Tensor
    value: Tensor
    standardised: Tensor
    clock: TimeStamps
    parts: list[Tensor]
    usual: Tensor
    known: Tensor


def standardised(x: Tensor, recent: Spread) -> Tensor:
    """`(x - location) / spread` where it is small, its logarithm where it is large: asinh of it, `(B, C)`."""
    return torch.asinh((x - recent.location) / width(recent)).clamp(-FARTHEST, FARTHEST)


def expect(memory: Memory, known: Learned, time: Tensor | None) -> Expectation:
    """The value to come. What is usual enters as differences, which are 0 where nothing is known of it."""
    clock = clock_with(time, memory.clock)
    elapsed = clock.last - clock.first
    parts = [part_of(clock.last, period) for period in PERIODS]
    rounds = zip(known.profiles, parts, PERIODS, strict=True)
    found = [usual(profile, part, elapsed, period) for profile, part, period in rounds]
    means = torch.stack([mean for mean, _ in found], 1)
    there = torch.stack([is_known for _, is_known in found], 1)
    both = there & (memory.known > 0)
    recent = Spread(known.recent.location.unsqueeze(1), known.recent.spread.unsqueeze(1))
    near = standardised(torch.cat([means, memory.usual], 1), recent)
    last = memory.lags[:, 0]
    features = [torch.ones_like(elapsed).unsqueeze(-1), memory.units, memory.lags.flatten(1)]
    now, before = last, last
    for number in range(len(PERIODS)):
        usual_now = torch.where(both[:, number], near[:, number], now)
        usual_before = torch.where(both[:, number], near[:, len(PERIODS) + number], before)
        features += [usual_now - now, (usual_now - usual_before) - (now - before)]
        now, before = usual_now, usual_before
    joined = torch.cat(features, -1)
    expected = (last + predicted(joined, known.readout)).clamp(-FARTHEST, FARTHEST)
    value = known.recent.location + width(known.recent) * expected.sinh()
    return Expectation(joined, value, expected, clock, parts, means, there.double())
