"""The streaming anomaly detector: it expects each value, and says how unlikely the one that came was.

A recurrent network reads each value; a linear readout that learns as it goes (recursive least squares) expects the next
from the network's units, the latest values and what is usual at this time of the day and the week. Four numbers say how
far off a value is: the error and its short mean (after the anomaly likelihood of Lavin and Ahmad 2015,
arXiv:1510.03336), the distance from the series' level and its short mean. Each is compared with its own past: E counts
the earlier values that were at least as extreme, for the number for which there were fewest, and the score is
1 / (1 + E). So a score means the same for all series, whatever their scale, noise or length.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from rnnkit.detection.alerts import Peak, news, no_peak
from rnnkit.detection.answer import Answer
from rnnkit.detection.calendar import PERIODS, new_profile, profile_with
from rnnkit.detection.echo import echo_core
from rnnkit.detection.expectation import Expectation, expect, standardised
from rnnkit.detection.joint import joined, joint_with, new_joint
from rnnkit.detection.live import FrozenDetector
from rnnkit.detection.memory import Learned, Memory, TimeStamps, interval, named_leaves, unpacked
from rnnkit.detection.options import DetectorOptions
from rnnkit.detection.readout import new_readout, readout_with
from rnnkit.detection.scaling import no_spread, spread_with, width
from rnnkit.detection.tail import beyond, new_tail, tail_with
from rnnkit.errors import UserError
from rnnkit.state import StateSpec

STATISTICS = 4
UNSURE = 20
"""so many first values a channel are too uncertain to compare later ones with"""
FLOOR = 1e-3
"""what is smaller than this share of a series' spread is as good as nothing"""
COVERED = 1.96
"""standard deviations of a normal error to either side: 95 %"""
LARGEST = 1e300
"""beyond it what is computed of a value is no longer finite"""
SHORTEST_COOLDOWN, DAY, LONGEST_COOLDOWN = 100, 86_400, 300


class Detector:
    """A detector of anomalies in series of C `channels`. Itself it holds fixed weights alone: those of a `network`
    (a core, or a model with `output_size`) that takes a standardised value `(B, C)` a step; without one, of
    `echo_core`, which is drawn."""

    def __init__(self, options: DetectorOptions | None = None, *, channels: int = 1, network: Any = None) -> None:
        if channels < 1:
            raise UserError(f"a series has at least one channel, got {channels}; give the columns to watch")
        self.options = options or DetectorOptions()
        self.channels = channels
        self.network = echo_core(channels) if network is None else network

    @property
    def threshold(self) -> float:
        """The score of an alert, from the false alarms that can be borne.

        Of n earlier values E were as extreme, so the next one is so with probability E / n; added up, as n doubles,
        that is E log 2 alerts.
        """
        return 1 / (1 + self.options.false_alarms / math.log(2))

    def init_state(self, batch_size: int) -> Any:
        """The state of `batch_size` series before their first value: what they remember, and what they learned."""
        channels, periods = self.channels, len(PERIODS)
        features = 1 + self.network.output_size + (self.options.lags + 2 * periods) * channels

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(batch_size, *shape, dtype=torch.float64)

        return (
            Memory(
                network=self.network.init_state(batch_size),
                units=zeros(self.network.output_size),
                lags=zeros(self.options.lags, channels),
                usual=zeros(periods, channels),
                known=zeros(periods, 1),
                means=zeros(2, channels),
                steps=zeros(),
                clock=TimeStamps(zeros(), zeros(), zeros()),
                peak=no_peak(batch_size),
            ),
            Learned(
                seen=zeros(channels),
                rows=zeros(),
                recent=no_spread(batch_size, channels),
                level=no_spread(batch_size, channels),
                readout=new_readout(batch_size, features, channels),
                profiles=tuple(new_profile(batch_size, channels, period) for period in PERIODS),
                joint=new_joint(batch_size, STATISTICS, channels),
                tail=new_tail(batch_size, STATISTICS),
            ),
        )

    def state_spec(self) -> StateSpec:
        """Names (such as `learned.readout.weights`), row shapes and precisions of the state's tensors."""
        memory, known = self.init_state(1)
        return tuple(named_leaves("memory", memory)) + tuple(named_leaves("learned", known))

    @torch.no_grad()
    def step(self, x: Tensor, state: Any, time: Tensor | None = None, *, learn: bool = True) -> tuple[Answer, Any]:
        """The answer to one value of each series, `(B, C)`, and the state after it.

        NaN, infinities and sizes beyond 1e300 are missing: what was expected stands in, and they are neither scored nor
        learned from.
        `time` `(B,)` is in seconds, of local time where days and weeks should be; NaN or None where there is none.
        Without `learn` only what is remembered changes, not what was learned.
        """
        memory, known = unpacked(state)
        expectation = expect(memory, known, None if time is None else time.double())
        seen = x.abs() <= LARGEST
        x = torch.where(seen, x.double(), expectation.value)
        started = known.seen > 0
        error = torch.where(started, x - expectation.value, 0.0)
        away = torch.where(started, x - known.level.location, 0.0)
        means = self._means(torch.stack([error, away], 1), memory)
        off = torch.stack([error, means[:, 0], away, means[:, 1]], 1)
        statistics = _floored(off * seen.unsqueeze(1), known)
        answer, peak = self._answer(statistics, seen, expectation, memory, known)
        after = self._remember(x, expectation, means, peak, memory, known)
        if learn:
            known = self._learn(x, seen.double(), statistics, expectation, known)
        return answer, (after, known)

    def freeze(self) -> FrozenDetector:
        """For live use: steps of the same numbers in place, on the native kernels where those can serve."""
        return FrozenDetector(self)

    def _means(self, values: Tensor, memory: Memory) -> Tensor:
        """Short means of `values` `(B, 2, C)`: exponential, over as many values as there are at first."""
        rate = 1 / (memory.steps + 1).clamp(max=self.options.mean_of)
        return memory.means + rate.reshape(-1, 1, 1) * (values - memory.means)

    def _answer(
        self, statistics: Tensor, seen: Tensor, expectation: Expectation, memory: Memory, known: Learned
    ) -> tuple[Answer, Peak]:
        together, sizes = joined(statistics, known.joint)
        fewest, statistic = beyond(together, known.tail).min(-1)
        scored = seen.any(-1) & (known.rows >= self.options.warm_up + UNSURE * self.channels)
        score = torch.where(scored, 1 / (1 + fewest), 0.0)
        new, peak = news(score, memory.peak, self._cooldown(expectation.clock))
        place, size = known.recent.location, width(known.recent)
        off = COVERED * known.readout.usual
        bounds = [expectation.value, *(place + size * (expectation.standardised + way).sinh() for way in (-off, off))]
        expected = [torch.where(known.seen > 0, bound, torch.nan) for bound in bounds]
        channel = sizes[torch.arange(len(statistic)), statistic].argmax(-1)
        return Answer(score, new, new >= self.threshold, channel, *expected), peak

    def _cooldown(self, clock: TimeStamps) -> Tensor:
        """In values, `(B,)`."""
        if self.options.cooldown is not None:
            return torch.full_like(clock.last, self.options.cooldown)
        return (DAY / interval(clock)).clamp(SHORTEST_COOLDOWN, LONGEST_COOLDOWN)

    def _remember(
        self, x: Tensor, expectation: Expectation, means: Tensor, peak: Peak, memory: Memory, known: Learned
    ) -> Memory:
        near = torch.where(known.seen > 1, standardised(x, known.recent), 0.0)
        units, after = self.network.step(near.float(), memory.network)
        return Memory(
            network=after,
            units=units.double(),
            lags=torch.cat([near.unsqueeze(1), memory.lags[:, :-1]], 1),
            usual=expectation.usual,
            known=expectation.known,
            means=means,
            steps=memory.steps + 1,
            clock=expectation.clock,
            peak=peak,
        )

    def _learn(self, x: Tensor, seen: Tensor, statistics: Tensor, expectation: Expectation, known: Learned) -> Learned:
        near = standardised(x, known.recent)
        taught = seen * (known.seen > 1)
        whole = seen.amin(-1)
        together, _ = joined(statistics, known.joint)
        horizon = self.options.horizon
        between = interval(expectation.clock)
        return Learned(
            seen=known.seen + seen,
            rows=known.rows + whole,
            recent=spread_with(x, seen, known.recent, known.seen, self.options.window),
            level=spread_with(x, seen, known.level, known.seen, horizon),
            readout=readout_with(
                expectation.features, near - expectation.standardised, taught, known.readout, known.seen
            ),
            profiles=tuple(
                profile_with(x, seen, profile, part, between, period)
                for profile, part, period in zip(known.profiles, expectation.parts, PERIODS, strict=True)
            ),
            joint=joint_with(statistics, whole, known.joint, known.rows, horizon),
            tail=tail_with(together, whole * (known.rows >= UNSURE * self.channels), known.tail, known.rows, horizon),
        )


def _floored(statistics: Tensor, known: Learned) -> Tensor:
    """A little is added to the size of all, so that next to nothing is never extreme."""
    floor = FLOOR * known.level.spread.unsqueeze(1)
    return statistics + torch.where(statistics < 0, -floor, floor)
