"""What was seen at the places of pictures, to vectors."""

from __future__ import annotations

from torch import Tensor, nn

from rnnkit.sequence import SequenceBatch


class GridEncoder(nn.Module):
    """Features of places `(B, S, F)`, as patches or a trained network gave them, to vectors `(B, S, D)`: normalised
    over each place's features (Ba et al. 2016), then linear. `dropout` zeroes features while training."""

    def __init__(self, features: int, width: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.linear = nn.Linear(features, width)
        self.dropout = nn.Dropout(dropout)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.linear.out_features

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """`(B, S, F)` to `(B, S, D)`."""
        return sequence.with_data(self.step(sequence.data))

    def step(self, x: Tensor) -> Tensor:
        """Places `(…, F)` to `(…, D)`."""
        made: Tensor = self.linear(self.dropout(self.norm(x.to(self.linear.weight))))
        return made
