"""A network that labels every moment of a sequence: many-to-many, aligned."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from rnnkit.cores import Bidirectional, SequenceDropout, Stack
from rnnkit.encoders import Embedding, Numbers, OneHot, Words
from rnnkit.errors import NotStreamable, UserError
from rnnkit.heads import LinearChain, Tags
from rnnkit.sequence import Sequence
from rnnkit.state import StateSpec


class Tagger(nn.Module):
    """An encoder, a core in one direction or both, and a head over each moment's features.

    What the model gives are *features* `(B, T, H)`; `model.head` turns them into losses and tags. While training,
    `dropout` falls on them, the same units at every moment of a row. With a core from left to right there is `step`.
    """

    def __init__(
        self,
        encoder: OneHot | Embedding | Words | Numbers,
        core: Stack | Bidirectional,
        head: Tags | LinearChain,
        *,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if encoder.output_size != core.input_size:
            raise UserError(f"the core takes width {core.input_size}, but the encoder gives {encoder.output_size}")
        self.encoder, self.core, self.head = encoder, core, head
        self.dropout = SequenceDropout(dropout)

    @property
    def streams(self) -> bool:
        """Whether there is a `step`."""
        return isinstance(self.core, Stack)

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors, which are the core's."""
        self._check_streams()
        return self.core.state_spec()

    def init_state(self, batch_size: int) -> Any:
        """The state of `batch_size` rows before their first moment."""
        self._check_streams()
        return self.core.init_state(batch_size)

    def forward(self, sequence: Sequence, state: Any = None) -> tuple[Sequence, Any]:
        """Whole sequences to features `(B, T, H)`, and the core's state after each row's end."""
        made, after = self.core(self.encoder(sequence), state)
        return made.with_data(self.dropout(made.data)), after

    def step(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One moment `(B, …)` to its features `(B, H)`, and the state after it."""
        self._check_streams()
        assert isinstance(self.core, Stack)
        return self.core.step(self.encoder.step(x), state)

    def losses(self, sequence: Sequence, targets: Tensor) -> Tensor:
        """The loss of each row's tags `(B, T)`: `(B,)`."""
        return self.head.loss(self(sequence)[0], targets)

    def _check_streams(self) -> None:
        if not self.streams:
            raise NotStreamable(
                "a tagger that reads from both ends has no answer before the last moment; "
                "train one with --direction forward"
            )
