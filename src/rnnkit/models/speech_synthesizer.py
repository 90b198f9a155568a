"""A network that reads units and says them: many-to-many, unsegmented, with durations."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, Core, Encoder, StreamingEncoder
from rnnkit.decoders import Attended, TimedDecoder
from rnnkit.dropout import SequenceDropout
from rnnkit.errors import UserError
from rnnkit.heads.durations import DurationHead
from rnnkit.heads.frames import FrameHead
from rnnkit.models.encoder_decoder import DecoderStreams
from rnnkit.models.frozen import FrozenModel
from rnnkit.models.parts import check_widths
from rnnkit.models.vocoder import Clips, Vocoder
from rnnkit.sequence import SequenceBatch, zero_padding
from rnnkit.state import StateSpec


class SpokenPair(NamedTuple):
    """What is said, how long each of its units lasts, and what was heard before each time step."""

    source: SequenceBatch
    """units `(B, S)`"""
    durations: Tensor
    """`(B, S)`, in frames"""
    heard: SequenceBatch
    """the frame before each time step, `(B, T, F)`; silence before the first is 0"""
    clips: Clips | None = None
    """some samples of each, for a vocoder"""


class SpeechSynthesizer(nn.Module):
    """An encoder-decoder whose decoder is told how long each unit lasts (non-attentive Tacotron, Shen et al. 2020).

    `encoder` and `core` read units `(B, S)` into a memory; `durations` says how many frames each of its places lasts;
    `inputs` and `decoder` run over the frames so far and what they read of the memory, and `head` answers `reduction`
    frames a time step. While training, durations are those of the recordings, and nothing waits for anything: every
    part is one call over all time steps. A `vocoder`, which makes sound of frames, is learned beside, of frames of
    recordings. While training, `dropout` falls on the memory, with one mask a sequence.
    """

    def __init__(
        self,
        encoder: Encoder,
        core: Core,
        durations: DurationHead,
        inputs: StreamingEncoder,
        decoder: TimedDecoder,
        head: FrameHead,
        vocoder: Vocoder | None = None,
        *,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_widths(encoder, core)
        if (inputs.output_size, core.output_size) != (decoder.input_size, decoder.memory_size):
            raise UserError(
                f"the decoder takes widths {decoder.input_size} and {decoder.memory_size}, but its inputs have "
                f"{inputs.output_size}, and the memory {core.output_size}"
            )
        self.encoder: Any = encoder
        self.core: Any = core
        self.inputs: Any = inputs
        self.durations, self.decoder, self.head, self.vocoder = durations, decoder, head, vocoder
        self.dropout = SequenceDropout(dropout)

    @property
    def reduction(self) -> int:
        """Frames a time step."""
        return self.head.frames

    def state_spec(self) -> StateSpec:
        """The decoder's."""
        return self.decoder.state_spec()

    def init_state(self, batch_size: int) -> Any:
        """Before the first time step."""
        return self.decoder.init_state(batch_size)

    def first_state(self, context: Context) -> Any:
        """The state before the first time step, a row a source: it does not depend on the source."""
        memory = context["memory"]
        assert isinstance(memory, SequenceBatch)
        return self.init_state(len(memory.lengths))

    def remember(self, source: SequenceBatch) -> SequenceBatch:
        """Units `(B, S)` to the memory `(B, S, D)`."""
        made, _ = self.core(self.encoder(source))
        clean = zero_padding(made.data, made.lengths)
        memory: SequenceBatch = made.with_data(self.dropout(clean))
        return memory

    def read(self, source: SequenceBatch, speed: float = 1.0) -> Context:
        """What there is to know of what is to be said, computed once: the memory, and how long each of its places
        lasts, `speed` times as fast as is learned."""
        memory = self.remember(source)
        return self.timed(memory, self.durations.predict(memory) / speed)

    def timed(self, memory: SequenceBatch, durations: Tensor) -> Context:
        """The same where durations `(B, S)`, in frames, are known."""
        return self.decoder.prepare(memory, durations.to(memory.data) / self.reduction)

    def forward(self, pair: SpokenPair, state: Any = None, context: Context | None = None) -> tuple[Attended, Any]:
        """What was heard to features of what comes next, and the state after each row's end; `context` is what `read`
        or `timed` made of the sources, if it is known."""
        known = self.timed(self.remember(pair.source), pair.durations) if context is None else context
        before = self.first_state(known) if state is None else state
        return self.decoder(self.inputs(pair.heard), before, known)  # type: ignore[no-any-return]

    def step(self, x: Tensor, state: Any, context: Context) -> tuple[Attended, Any]:
        """One time step `(B, F)`, as many rows of each source side by side, to features `(B, W)`, and the state after
        it."""
        return self.decoder.step(self.inputs.step(x), state, context)

    def losses(
        self, pair: SpokenPair, targets: Tensor, state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The loss of each row's frames `(B, T, R, F)`, that of its durations, and for each of its frames that of a
        vocoder's sample, added: `(B,)`; and the state afterwards."""
        memory = self.remember(pair.source)
        features, after = self(pair, state, self.timed(memory, pair.durations) if context is None else context)
        losses = self.head.loss(features.steps, targets) + self.durations.loss(memory, pair.durations)
        if self.vocoder is not None and pair.clips is not None:
            losses = losses + self.vocoder.losses(pair.clips) * (self.reduction * pair.heard.lengths)
        return losses, after

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenModel:
        """For live use, the decoder's weights kept in `dtype`."""
        decoder = self.decoder.freeze(dtype)
        return FrozenModel(self, lambda state: DecoderStreams(self, decoder.streams_from(state)))
