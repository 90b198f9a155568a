"""A network that predicts what comes next: many-to-many, shifted by one."""

from __future__ import annotations

from torch import Tensor, nn

from rnnkit.cores import SequenceDropout, Stack
from rnnkit.encoders import Embedding, OneHot
from rnnkit.errors import UserError
from rnnkit.heads import AdaptiveCategorical, Categorical, SampledCategorical
from rnnkit.kernels import States
from rnnkit.sequence import Sequence
from rnnkit.state import StateSpec

Memory = tuple[States, ...]


class LanguageModel(nn.Module):
    """p(x₁ … x_T) = Π p(x_t | x_<t): an encoder of tokens, a core from left to right, a head over tokens.

    What the model gives are *features* `(B, T, H)`; `model.head` turns them into losses, probabilities and
    samples. While training, `dropout` falls on the features, with one mask a sequence.
    """

    def __init__(
        self,
        encoder: OneHot | Embedding,
        core: Stack,
        head: Categorical | AdaptiveCategorical | SampledCategorical,
        *,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if encoder.output_size != core.input_size:
            raise UserError(f"the core takes width {core.input_size}, but the encoder gives {encoder.output_size}")
        self.encoder, self.core, self.head = encoder, core, head
        self.dropout = SequenceDropout(dropout)

    @property
    def vocabulary(self) -> int:
        """V."""
        return self.head.vocabulary

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors: the core's."""
        return self.core.state_spec()

    def init_state(self, batch_size: int) -> Memory:
        """The zero state of `batch_size` rows."""
        return self.core.init_state(batch_size)

    def forward(self, sequence: Sequence, state: Memory | None = None) -> tuple[Sequence, Memory]:
        """Tokens `(B, T)` to features `(B, T, H)`, zero in the padding, and the state after each row's end."""
        made, after = self.core(self.encoder(sequence), state)
        return made.with_data(self.dropout(made.data)), after

    def step(self, tokens: Tensor, state: Memory) -> tuple[Tensor, Memory]:
        """Tokens `(B,)` to features `(B, H)` and the state after them."""
        return self.core.step(self.encoder.step(tokens), state)

    def losses(self, sequence: Sequence, targets: Tensor, state: Memory | None = None) -> tuple[Tensor, Memory]:
        """The surprise in nats of each target `(B, T)`, zero in the padding, and the state afterwards."""
        features, after = self(sequence, state)
        rows, wanted = features.data.flatten(0, 1), targets.flatten()
        if sequence.is_full:
            return self.head.loss(rows, wanted).view_as(targets), after
        inside = sequence.mask.flatten().nonzero()[:, 0]
        found = rows.new_zeros(len(rows))
        if len(inside):
            found = found.index_copy(0, inside, self.head.loss(rows[inside], wanted[inside]))
        return found.view_as(targets), after
