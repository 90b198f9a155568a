"""Sound of frames as they come, on packed weights: one call of the native kernels for all samples of some frames."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit import state as states
from rnnkit.heads.real.scale import LEAST, log_positive
from rnnkit.models.vocoder import Vocoder

FARTHEST, LOUDEST = 8.0, 4.0
"""deviations, and of samples: what lies beyond is held there"""


class VocoderState(NamedTuple):
    """What sound that is being made remembers, beside the core's state."""

    past: Tensor
    """`(order + 2,)`: the last emphasised samples, the last first; the last rest, in deviations; the last sample"""
    core: Any


class VocoderStream:
    """One stream of a frozen vocoder. `state` is all that it remembers; a call changes it in place."""

    def __init__(self, vocoder: Vocoder, order: int, emphasis: float, state: VocoderState | None = None) -> None:
        self._vocoder, self._order, self._emphasis = vocoder, order, emphasis
        kept = begin(vocoder, order) if state is None else VocoderState(*states.copied(tuple(state)))
        self._live = vocoder.core.freeze().streams_from(kept.core)
        self._past = kept.past.clone()
        self._weight = vocoder.head.linear.weight.detach().contiguous()
        self._bias = vocoder.head.linear.bias.detach().contiguous()

    @property
    def state(self) -> VocoderState:
        """The very tensors that calls change."""
        return VocoderState(self._past, self._live.state)

    def say(
        self, frame: NDArray[np.int64], conditions: Tensor, coefficients: Tensor, gains: Tensor, normal: Tensor
    ) -> Tensor:
        """N samples from -1 to 1 `(N,)`, each of the frame that `frame` `(N,)` names: of `conditions` `(T, C)`,
        `coefficients` `(T, order)` and `gains` `(T,)`; `normal` `(N,)` are draws of the standard normal."""
        made = torch.empty(len(frame))
        given = [torch.from_numpy(frame), *(one.float().contiguous() for one in (conditions, coefficients, gains))]
        tensors = [*given, self._weight, self._bias, normal.float().contiguous(), self._past, made]
        if self._live.native is None:
            return self._plainly(*tensors)
        sizes = (len(frame), conditions.shape[1], self._weight.shape[1], self._order)
        self._live.native.vocode(sizes, [tensor.data_ptr() for tensor in tensors], LEAST, self._emphasis)
        return made

    def _plainly(self, frame: Tensor, conditions: Tensor, coefficients: Tensor, gains: Tensor, *rest: Tensor) -> Tensor:
        """The same, sample by sample: the equations."""
        weight, bias, normal, past, made = rest
        with torch.inference_mode():
            for n, t in enumerate(frame.tolist()):
                guess = past[: self._order] @ coefficients[t]
                heard = torch.stack([past[0] / gains[t], guess / gains[t], past[self._order]]).asinh()
                features = self._live.step(torch.cat([heard, conditions[t]])[None])[0]
                mean, raw = weight @ features + bias
                past[self._order] = (mean + log_positive(raw).exp() * normal[n]).clamp(-FARTHEST, FARTHEST)
                sample = (guess + gains[t] * past[self._order]).clamp(-LOUDEST, LOUDEST)
                past[1 : self._order] = past[: self._order - 1].clone()
                past[0] = sample
                past[self._order + 1] = sample + self._emphasis * past[self._order + 1]
                made[n] = past[self._order + 1]
        return made


def begin(vocoder: Vocoder, order: int) -> VocoderState:
    """Before the first sample: silence."""
    return VocoderState(torch.zeros(order + 2), vocoder.core.init_state(1))
