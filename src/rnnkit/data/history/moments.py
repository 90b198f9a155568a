"""When the rows of series were, and how far apart that shows steps to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rnnkit.data.history.layouts.raw import Raw
from rnnkit.data.history.notes import Notes
from rnnkit.data.history.reading import Reading
from rnnkit.data.times.clock import NUMBERS, Clock, universal_times, wall_times
from rnnkit.data.times.frequency import STEP, Frequency, Times, infer
from rnnkit.data.times.stamps import Stamps, settled
from rnnkit.errors import UserError


class Moments(NamedTuple):
    """The times of a series' rows, as universal time and on the wall clock (as numbers, both are they)."""

    universal: Times
    wall: Times
    clock: Clock

    def of(self, frequency: Frequency) -> Times:
        """Those by which such steps are counted."""
        return self.wall if frequency.on_the_wall else self.universal

    @property
    def in_order(self) -> tuple[Times, Times]:
        """Both in order."""
        return np.unique(self.universal), np.unique(self.wall)


def moments_of(raw: Raw, reading: Reading, notes: Notes) -> Moments | None:
    """The times of a series' rows. Raises `UserError` for local times that there never were."""
    if raw.stamps is None:
        return None
    wall = np.array([stamp.wall for stamp in raw.times], dtype=np.int64)
    if raw.stamps.clock.kind == NUMBERS:
        return Moments(wall, wall, raw.stamps.clock)
    if raw.times and raw.times[0].ahead is not None:
        return _with_offsets(raw, raw.stamps, wall, reading, notes)
    clock = raw.stamps.clock._replace(zone=reading.zone or raw.stamps.clock.zone)
    universal, never = universal_times(clock.zone, wall)
    if len(never):
        raise UserError(
            f"{raw.place(int(never[0]))}: there was no such time in {clock.zone}, since clocks went forward "
            f"({len(never):,} such rows); mend it, or pass the --zone that it is in"
        )
    return Moments(universal, wall, clock)


def _with_offsets(raw: Raw, stamps: Stamps, wall: Times, reading: Reading, notes: Notes) -> Moments:
    """Times that say how far they are ahead of universal time; where that is not what the zone's clocks show, they are
    written as they were, though counted and told by those."""
    universal = wall - np.array([stamp.ahead for stamp in raw.times], dtype=np.int64)
    clock, said = settled(stamps, raw.times[-1].ahead)
    if reading.zone:
        there = clock._replace(zone=reading.zone)
        shown = wall_of(there, universal)
        other = clock.pattern.endswith("Z") or (shown != wall).any()
        return Moments(universal, shown, there._replace(written=clock.zone if other else ""))
    if said:
        notes.say(said)
    return Moments(universal, wall, clock)


def frequencies_of(found: Sequence[Raw], moments: Sequence[Moments | None], reading: Reading) -> list[Frequency | None]:
    """Each series' frequency: its table's, where its times lie on that, else its own."""
    if reading.frequency is not None:
        return [reading.frequency] * len(found)
    tables: dict[int, list[Moments]] = {}
    for raw, own in zip(found, moments, strict=True):
        if own is not None and len(own.wall):
            tables.setdefault(raw.table.number, []).append(own)
    common = {number: _inferred(own) for number, own in tables.items()}
    return [
        own and (_if_it_fits(common.get(raw.table.number), own) or _inferred([own]) or common.get(raw.table.number))
        for raw, own in zip(found, moments, strict=True)
    ]


def _inferred(moments: Sequence[Moments]) -> Frequency | None:
    pairs = [own.in_order for own in moments]
    return infer([pair[0] for pair in pairs], [pair[1] for pair in pairs], moments[0].clock.kind == NUMBERS)


def _if_it_fits(frequency: Frequency | None, own: Moments) -> Frequency | None:
    """A frequency where all times of a series are on its grid."""
    if frequency is None:
        return None
    times = np.unique(own.of(frequency))
    places = frequency.places(int(times[0]), times)
    return frequency if (frequency.times(int(times[0]), places) == times).all() else None


def any_frequency(own: Moments) -> Frequency:
    """Of a series of one time, which tells none and needs none."""
    return Frequency(1, STEP if own.clock.kind == NUMBERS else "D")


def wall_of(clock: Clock, universal: Times) -> Times:
    """What clocks on the wall of a zone show at universal times."""
    return wall_times(clock, Frequency(1, "us"), universal)
