"""What a detector remembers of each series and what it learned of it: the two halves of its state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnkit.detection.alerts import Peak
from rnnkit.detection.calendar import CalendarMeans
from rnnkit.detection.joint import Joint
from rnnkit.detection.readout import Readout
from rnnkit.detection.scaling import Spread
from rnnkit.detection.tail import Tail
from rnnkit.state import LeafSpec


class TimeStamps(NamedTuple):
    """The `first` and the `last` time stamp in seconds, and how many there were, each `(B,)`."""

    first: Tensor
    last: Tensor
    stamps: Tensor


class Memory(NamedTuple):
    """What each value changes, whether the detector learns or not."""

    network: Any
    """the state of the recurrent network"""
    units: Tensor
    """what the network gave for the last value, `(B, H)`"""
    lags: Tensor
    """the latest standardised values, the last one first, `(B, lags, C)`"""
    usual: Tensor
    """what was usual at the last value's time of the day and of the week, `(B, 2, C)`"""
    known: Tensor
    """whether that was known, 0 or 1, `(B, 2, 1)`"""
    means: Tensor
    """short means of errors and of distances from the level, `(B, 2, C)`"""
    steps: Tensor
    """how many values there were, `(B,)`"""
    clock: TimeStamps
    peak: Peak


class Learned(NamedTuple):
    """What learning changes."""

    seen: Tensor
    """how many values of each channel were learned from, `(B, C)`"""
    rows: Tensor
    """and how many of all channels at once, `(B,)`"""
    recent: Spread
    """where the values of the latest window lie"""
    level: Spread
    """where those of the horizon lie"""
    readout: Readout
    profiles: tuple[CalendarMeans, ...]
    joint: Joint
    tail: Tail


def unpacked(state: Any) -> tuple[Memory, Learned]:
    """The halves of a state by their names again: saving, joining and choosing rows gives plain tuples."""
    memory, learned = Memory(*state[0]), Learned(*state[1])
    return (
        memory._replace(clock=TimeStamps(*memory.clock), peak=Peak(*memory.peak)),
        learned._replace(
            recent=Spread(*learned.recent),
            level=Spread(*learned.level),
            readout=Readout(*learned.readout),
            profiles=tuple(CalendarMeans(*profile) for profile in learned.profiles),
            joint=Joint(*learned.joint),
            tail=Tail(*learned.tail),
        ),
    )


def clock_with(time: Tensor | None, clock: TimeStamps) -> TimeStamps:
    """After a value's `time` `(B,)` in seconds; NaN or None is none."""
    if time is None:
        return clock
    there = torch.isfinite(time)
    fresh = there & (clock.stamps == 0)
    return TimeStamps(
        torch.where(fresh, time, clock.first), torch.where(there, time, clock.last), clock.stamps + there.double()
    )


def interval(clock: TimeStamps) -> Tensor:
    """The mean time between two values, in seconds, `(B,)`; 0 before the second."""
    return ((clock.last - clock.first) / (clock.stamps - 1).clamp(min=1)).clamp(min=0)


def named_leaves(name: str, part: Any) -> Iterator[LeafSpec]:
    """The tensors of a part of a state, by the names of the fields that lead to them."""
    if isinstance(part, Tensor):
        yield LeafSpec(name, tuple(part.shape[1:]), part.dtype)
        return
    fields = getattr(part, "_fields", range(len(part)))
    for field, below in zip(fields, part, strict=True):
        yield from named_leaves(f"{name}.{field}", below)
