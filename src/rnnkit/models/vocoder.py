"""A network that makes sound of frames, sample by sample: many-to-many, shifted by one, conditioned on frames."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, StreamingCore
from rnnkit.encoders import ConvolvedFrames
from rnnkit.errors import UserError
from rnnkit.heads.real import RealHead
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec

HEARD = 3
"""numbers that are heard of what was said so far, at each sample"""


class Clips(NamedTuple):
    """Samples, as `data/speech/prediction.py` reads them, and their frames."""

    heard: Tensor
    """`(B, N, 3)`"""
    frames: SequenceBatch
    """`(B, T, F)`: the first is that of the first sample, but for `AROUND` before it"""
    rest: Tensor
    """`(B, N)`: what linear prediction does not explain of each sample, in deviations"""


AROUND = 2
"""frames on either side that a frame's condition sees"""


class Vocoder(nn.Module):
    """What linear prediction does not explain of each sample, given those before it and the frames around (LPCNet,
    Valin and Skoglund 2019, with a normal distribution in place of a softmax, since what is left is measured in
    deviations that the frames tell).

    `conditioner` turns frames `(B, T, F)` into vectors `(B, T, C)`; `core` reads what was heard `(B, N, 3)` and the
    vector of the frame, `hop` samples long, that each sample is of: frame n's middle is sample n × `hop`. The state is
    the core's, and how many samples are over.
    """

    def __init__(self, conditioner: ConvolvedFrames, core: StreamingCore, head: RealHead, hop: int) -> None:
        super().__init__()
        if core.input_size != HEARD + conditioner.output_size:
            raise UserError(f"the core takes width {core.input_size}, got {HEARD} + {conditioner.output_size}")
        self.conditioner = conditioner
        self.core: Any = core
        self.head, self.hop = head, hop

    def state_spec(self) -> StateSpec:
        """The core's, and how many samples are over."""
        return (*self.core.state_spec(), LeafSpec("time", (1,), torch.int64))

    def init_state(self, batch_size: int) -> Any:
        """Before the first sample."""
        return self.core.init_state(batch_size), torch.zeros(batch_size, 1, dtype=torch.int64)

    def read(self, frames: SequenceBatch) -> Context:
        """What frames `(B, T, F)` say of their samples."""
        return {"conditions": self.conditioner(frames)}

    def place(self, time: Tensor) -> Tensor:
        """The frame that each sample is of, by number."""
        return (time + self.hop // 2) // self.hop

    def forward(self, heard: SequenceBatch, state: Any, context: Context) -> tuple[SequenceBatch, Any]:
        """What was heard `(B, N, 3)` to features `(B, N, H)`, and the state after each row's end."""
        core, time = self.init_state(len(heard.lengths)) if state is None else state
        steps = torch.arange(heard.data.shape[1], device=heard.data.device)
        made, after = self.core(heard.with_data(self._told(heard.data, time.to(steps.device) + steps, context)), core)
        return made, (after, time + heard.lengths[:, None].to(time))

    def step(self, x: Tensor, state: Any, context: Context) -> tuple[Tensor, Any]:
        """One sample `(B, 3)` to features `(B, H)`, and the state after it."""
        core, time = state
        made, after = self.core.step(self._told(x[:, None], time, context)[:, 0], core)
        return made, (after, time + 1)

    def losses(self, clips: Clips) -> Tensor:
        """The mean negative log-likelihood of each row's samples, in nats: `(B,)`."""
        conditions = self.conditioner(clips.frames)
        own = SequenceBatch.full(conditions.data[:, AROUND:])
        features, _ = self(SequenceBatch.full(clips.heard), None, {"conditions": own})
        found: Tensor = self.head.loss(features, clips.rest) / clips.rest.shape[1]
        return found

    def _told(self, heard: Tensor, time: Tensor, context: Context) -> Tensor:
        conditions = context["conditions"]
        assert isinstance(conditions, SequenceBatch)
        where = self.place(time).clamp(max=conditions.data.shape[1] - 1)
        index = where[:, :, None].expand(-1, -1, conditions.data.shape[2])
        return torch.cat([heard, conditions.data.gather(1, index)], dim=2)
