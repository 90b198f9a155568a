"""A network that tags every moment: many-to-many, aligned; and, if asked, labels the whole as well."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from rnnkit.cores import Bidirectional, SequenceDropout, Stack
from rnnkit.encoders import Embedding, OneHot, Words
from rnnkit.errors import UserError
from rnnkit.heads import LinearChain, Tags
from rnnkit.sequence import Sequence


class Tagger(nn.Module):
    """An encoder, a core in one direction or both, and a head over each moment's features `(B, T, F)`.

    While training, `dropout` zeroes the same features at every moment of a row. With a core from left to right there
    is a `step`, whose features `Tags` can turn into a tag at once.
    """

    def __init__(
        self,
        encoder: OneHot | Embedding | Words,
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

    def forward(self, sequence: Sequence, state: Any = None) -> tuple[Sequence, Any]:
        """Whole sequences to features `(B, T, F)`, and the state after each row's end."""
        made, after = self.core(self.encoder(sequence), state)
        return made.with_data(self.dropout(made.data)), after

    def losses(self, sequence: Sequence, targets: Tensor) -> Tensor:
        """The loss of each row's tags `(B, T)`, `(B,)`."""
        return self.head.loss(self(sequence)[0], targets)

    def best(self, sequence: Sequence) -> Tensor:
        """The likeliest tags, `(B, T)`; 0 in the padding."""
        return self.head.best(self(sequence)[0])
