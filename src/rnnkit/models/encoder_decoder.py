"""A network that reads one sequence and writes another: many-to-many, unsegmented, and one-to-many."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.contract import Context, Core, Encoder, StreamingEncoder, context_rows
from rnnkit.decoders import Attended
from rnnkit.dropout import SequenceDropout
from rnnkit.errors import UserError
from rnnkit.heads.tokens.rows import over_steps
from rnnkit.models.frozen import FrozenModel
from rnnkit.models.parts import check_widths
from rnnkit.sequence import Pair, SequenceBatch, zero_padding
from rnnkit.state import StateSpec


class EncoderDecoder(nn.Module):
    """p(y | x) = Π p(y_t | y_<t, x) (Cho et al. 2014; Sutskever et al. 2014; Bahdanau et al. 2015).

    `encoder` and `core` read a source into a memory, vectors over its places; `inputs` and `decoder` run over what was
    written, from a state that the memory's mean gives, and may look back at it; `head` answers. What the model gives
    are the decoder's features. Nothing in it knows of words: a source may be a picture's grid, an answer a frame of
    sound. While training, `dropout` falls on the memory and on the features, with one mask a
    sequence; `scheduled_sampling` is the share of what was written that the network's own answers take the place of;
    `coverage_loss` is the weight of `seen_again`.
    """

    def __init__(
        self,
        encoder: Encoder,
        core: Core | None,
        inputs: StreamingEncoder,
        decoder: Any,
        head: Any,
        *,
        dropout: float = 0.0,
        scheduled_sampling: float = 0.0,
        coverage_loss: float = 0.0,
    ) -> None:
        super().__init__()
        if core is not None:
            check_widths(encoder, core)
        if inputs.output_size != decoder.input_size:
            raise UserError(f"the decoder takes width {decoder.input_size}, its inputs have {inputs.output_size}")
        self.encoder: Any = encoder
        self.core: Any = core
        self.inputs: Any = inputs
        self.decoder, self.head = decoder, head
        self.dropout = SequenceDropout(dropout)
        self.scheduled_sampling, self.coverage_loss = scheduled_sampling, coverage_loss
        memory = encoder.output_size if core is None else core.output_size
        self.bridge = nn.Linear(memory, sum(math.prod(leaf.row) for leaf in decoder.state_spec()))

    def state_spec(self) -> StateSpec:
        """The decoder's."""
        spec: StateSpec = self.decoder.state_spec()
        return spec

    def init_state(self, batch_size: int) -> Any:
        """A decoder's that knows of no source; `first_state` is that of a context."""
        return self.decoder.init_state(batch_size)

    def read(self, source: Any, copied: Tensor | None = None) -> Context:
        """What there is to know of sources `(B, S, …)`, computed once: what the decoder looks back at, `vector`
        `(B, D)`, the memory's mean, and what may be `copied` `(B, S)`, if a head copies."""
        made = self.read_vectors(self.encoder(source))
        return made if copied is None else {**made, "copied": copied}

    def _read(self, pair: Pair) -> Context:
        """What there is to know of each row's source; one that several rows are written of is read once."""
        known = self.read(pair.source, pair.copied)
        return known if pair.owners is None else context_rows(known, pair.owners)

    def read_vectors(self, made: SequenceBatch) -> Context:
        """The same from what the encoder gives, `(B, S, D)`."""
        if self.core is not None:
            made, _ = self.core(made)
        memory = made.with_data(self.dropout(made.data))
        total = zero_padding(memory.data, memory.lengths).sum(dim=1)
        return {**self.decoder.prepare(memory), "vector": total / memory.lengths.clamp(min=1)[:, None]}

    def first_state(self, context: Context) -> Any:
        """The decoder's state before the first time step: tanh(W vector + b), cut into its leaves."""
        vector = context["vector"]
        assert isinstance(vector, Tensor)
        flat = torch.tanh(self.bridge(vector))
        spec = self.decoder.state_spec()
        parts = iter(torch.split(flat, [math.prod(leaf.row) for leaf in spec], dim=1))
        rows = iter([leaf.row for leaf in spec])
        first = states.map_state(
            lambda leaf: next(parts).reshape(len(vector), *next(rows)).to(leaf), self.decoder.init_state(1)
        )
        return self.decoder.begin(first, context)

    def forward(self, pair: Pair, state: Any = None, context: Context | None = None) -> tuple[Attended, Any]:
        """What was written to features of what comes next, and the state after each row's end. `context` is what `read`
        made of the sources, if it is known; `state` goes on from another call."""
        return self.write(self._read(pair) if context is None else context, pair.written, state)

    def write(self, context: Context, written: SequenceBatch, state: Any = None) -> tuple[Attended, Any]:
        """The same from what `read` made of the sources."""
        before = self.first_state(context) if state is None else state
        made, after = self.decoder(self.inputs(written), before, context)
        return made._replace(steps=made.steps.with_data(self.dropout(made.steps.data))), after

    def step(self, x: Tensor, state: Any, context: Context) -> tuple[Attended, Any]:
        """One time step `(B, …)`, as many rows of each source side by side, to features `(B, F)`, and the state after
        it."""
        made: tuple[Attended, Any] = self.decoder.step(self.inputs.step(x), state, context)
        return made

    def losses(self, pair: Pair, targets: Any, state: Any = None, context: Context | None = None) -> tuple[Tensor, Any]:
        """The loss of each row's targets `(B, T)`, added over its time steps: `(B,)`; and the state afterwards."""
        known = self._read(pair) if context is None else context
        written = self._sampled(pair.written, state, known) if self.training else pair.written
        features, after = self.write(known, written, state)
        losses = self.head.loss(self.seen_by_head(features), targets)
        if self.training and self.coverage_loss:
            losses = losses + self.coverage_loss * seen_again(features)
        return losses, after

    def _sampled(self, written: SequenceBatch, state: Any, context: Context) -> SequenceBatch:
        """What was written, a share of it replaced by what the network would have written there (Bengio et al. 2015, in
        two passes as Mihaylova and Martins 2019)."""
        if not self.scheduled_sampling:
            return written
        with torch.no_grad():
            features, _ = self.write(context, written, state)
            own = self.head.feedback(self.head.predict(self.seen_by_head(features)))
        drawn = torch.rand(written.data.shape, device=own.device) < self.scheduled_sampling
        drawn[:, 0] = False
        late = torch.cat([written.data[:, :1], own[:, :-1]], dim=1)
        return written.with_data(torch.where(drawn, late, written.data))

    def nll(self, pair: Pair, targets: Tensor) -> tuple[Tensor, Attended]:
        """The negative log-likelihood of each target `(B, T)`, in nats, zero in the padding, and the features."""
        features, _ = self(pair)
        if self.head.reads == "attended":
            return self.head.nll(features, targets), features
        return over_steps(self.head.nll, features.steps, targets), features

    def seen_by_head(self, features: Attended) -> Any:
        """What the head reads of features."""
        return features if self.head.reads == "attended" else features.steps

    def log_probs(self, features: Attended) -> Tensor:
        """Log-probabilities of what comes next after one time step's features, `(B, V)`, of a head over tokens."""
        found: Tensor = self.head.log_probs(self.seen_by_head(features))
        return found

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenModel:
        """For live use, the decoder's weights kept in `dtype`."""
        decoder = self.decoder.freeze(dtype)
        return FrozenModel(self, lambda state: DecoderStreams(self, decoder.streams_from(state)))


def seen_again(features: Attended) -> Tensor:
    """How much each row looks at places that it has looked at before, Σ_t Σ_s min(a_ts, Σ_{t'<t} a_t's) (See et al.
    2017, equation 12): `(B,)`."""
    weights = features.weights
    before = weights.cumsum(dim=1) - weights
    again = torch.minimum(weights, before).sum(dim=2)
    return torch.where(features.steps.mask, again, 0.0).sum(dim=1)


class DecoderStreams:
    """Live rows of a frozen model; each step is told the context."""

    def __init__(self, model: Any, decoder: Any) -> None:
        self._model, self._decoder = model, decoder

    @property
    def state(self) -> Any:
        """The decoder's, the very tensors that steps change."""
        return self._decoder.state

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Attended:
        """One time step of `rows` `(n,)`, all different, or of all."""
        with torch.no_grad():
            made: Attended = self._decoder.step(self._model.inputs.step(x), rows, context)
            return made

    def snapshot(self) -> Any:
        """A copy of the state."""
        return states.copied(self.state)

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        self._decoder.restore(state, rows)
