"""A detector as it was when it was frozen, and the choice of what its steps run on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from rnnkit.contract import FrozenCore
from rnnkit.detection.answer import Answer
from rnnkit.detection.live.native import NativeSeries
from rnnkit.detection.live.plain import PlainSeries, kept_apart
from rnnkit.kernels.choose import choose_live
from rnnkit.kernels.obstacles import library

if TYPE_CHECKING:
    from rnnkit.detection.detector import Detector


class LiveDetector(Protocol):
    """Live series of a frozen detector. A step changes their `state` in place."""

    @property
    def state(self) -> Any:
        """As `Detector.init_state` has it, a row a series: the very tensors that steps change. Setting it is
        `restore` of all."""

    @state.setter
    def state(self, state: Any) -> None: ...

    def step(self, x: Tensor, time: Tensor | None = None, rows: Tensor | None = None, *, learn: bool = True) -> Answer:
        """The answer to one value `(n, C)` of each series in `rows` `(n,)` int64, all different, or of all.

        `x`, `time` `(n,)` and `learn` are those of `Detector.step`. The answer stands until the step after the next.
        Raises `UserError` where a shape does not fit.
        """

    def snapshot(self) -> Any:
        """A copy of the state."""

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts the series in `rows`, or all, into `state`, whose leaves have a row for each."""


class FrozenDetector:
    """A detector for live use: its network's weights are packed once, and later changes of them do not reach it.

    `choice` says what steps run on, `native` or `reference`, and why.

    >>> from rnnkit.detection import Detector
    >>> series = Detector().freeze().streams(2)
    >>> answer = series.step(torch.ones(1, 1), rows=torch.tensor([1]))
    >>> answer.score.item(), series.state[1].rows.tolist()
    (0.0, [0.0, 1.0])
    """

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self._network: FrozenCore = detector.network.freeze()
        self.choice = choose_live(_obstacle(detector, self._network))
        if self.choice.name == "reference":
            self.detector = kept_apart(detector)

    def streams(self, count: int) -> LiveDetector:
        """`count` live series before their first value."""
        return self.streams_from(self.detector.init_state(count))

    def streams_from(self, state: Any) -> LiveDetector:
        """Live series that start from a copy of `state`, one a row."""
        if self.choice.name == "reference":
            return PlainSeries(self.detector, state)
        return NativeSeries(self.detector, self._network, state)


def _obstacle(detector: Detector, network: FrozenCore) -> str | None:
    """Why the native kernels can not step a detector, or None when they can."""
    if library is None:
        return "the native kernels were not built with this installation"
    units = network.streams_from(detector.network.init_state(1)).step(torch.zeros(1, detector.channels))
    if (
        units.dtype is not torch.float32
        or units.device.type != "cpu"
        or units.shape != (1, detector.network.output_size)
    ):
        return "the native kernels take a network whose outputs (B, H) are in float32 on the CPU"
    return None
