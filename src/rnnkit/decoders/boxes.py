"""Decoders of a grid of vectors, which have several answers for each of its cells: in turn, or all at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.contract import StreamingCore
from rnnkit.encoders.pictures.scenes import Residual
from rnnkit.sequence import SequenceBatch


class RecurrentBoxes(nn.Module):
    """Reads each cell's vector again at each of `most` time steps, and remembers what it has said of the cell (Stewart,
    Andriluka and Ng 2016, section 3): a grid `(B, C, D)` to features `(B, C, most, H)`.

    Before, two convolutions over the grid let each cell see its neighbours, so that what lies across a border is known
    on both sides of it.
    """

    def __init__(self, core: StreamingCore, *, most: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.core: Any = core
        self.around = Residual(core.input_size)
        self.dropout = nn.Dropout(dropout)
        self.most = most

    @property
    def output_size(self) -> int:
        """H, the width of its features."""
        size: int = self.core.output_size
        return size

    def look(self, grid: SequenceBatch) -> Tensor:
        """What each cell's decoder reads, `(B · C, D)`: its vector, and what is around."""
        made: Tensor = self.dropout(looked_around(self.around, grid.data)).flatten(0, 1)
        return made

    def forward(self, grid: SequenceBatch) -> Tensor:
        """`(B, C, D)` to `(B, C, most, H)`."""
        rows = self.look(grid)
        read = rows[:, None].expand(-1, self.most, -1).contiguous()
        made, _ = self.core(SequenceBatch.full(read))
        features: Tensor = self.dropout(made.data)
        return features.reshape(*grid.data.shape[:2], self.most, -1)

    def init_state(self, rows: int) -> Any:
        """The state of so many cells before their first time step."""
        return self.core.init_state(rows)

    def step(self, read: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One time step of cells that `look` has read: `(N, D)` to features `(N, H)`, and the state after it."""
        made: tuple[Tensor, Any] = self.core.step(read, state)
        return made


class DenseBoxes(nn.Module):
    """All answers for a cell at once, as most detectors give them: one layer a time step, which knows nothing of the
    others. To be compared with `RecurrentBoxes`, whose convolutions it has, too."""

    def __init__(self, width: int, features: int, *, most: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.around = Residual(width)
        self.linear = nn.Linear(width, most * features)
        self.dropout = nn.Dropout(dropout)
        self.most, self.output_size = most, features

    def look(self, grid: SequenceBatch) -> Tensor:
        """What each cell's answers are made from, `(B · C, D)`: its vector, and what is around."""
        made: Tensor = self.dropout(looked_around(self.around, grid.data)).flatten(0, 1)
        return made

    def forward(self, grid: SequenceBatch) -> Tensor:
        """`(B, C, D)` to `(B, C, most, H)`."""
        made: Tensor = self.dropout(self.answers(self.look(grid)))
        return made.reshape(*grid.data.shape[:2], self.most, -1)

    def answers(self, read: Tensor) -> Tensor:
        """All answers of cells that `look` has read, `(N, D)` to `(N, most, H)`; where H is D, what was read is added,
        as to a recurrent decoder's."""
        made: Tensor = self.linear(read).tanh().reshape(len(read), self.most, -1)
        return made + read[:, None] if read.shape[1] == self.output_size else made

    def init_state(self, rows: int) -> Any:
        """The number of the next answer of so many cells."""
        return torch.zeros(rows, dtype=torch.int64)

    def step(self, read: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The next answer of cells that `look` has read: `(N, D)` to `(N, H)`, and the number after it."""
        made = self.answers(read)
        return made[torch.arange(len(read)), state], state + 1


def looked_around(around: nn.Module, vectors: Tensor) -> Tensor:
    """Vectors of a square grid `(B, C, D)` after convolutions over it: the same shape."""
    side = round(vectors.shape[1] ** 0.5)
    grid = vectors.transpose(1, 2).reshape(len(vectors), -1, side, side).contiguous(memory_format=torch.channels_last)
    made: Tensor = around(grid)
    return made.flatten(2).transpose(1, 2)
