"""A window over a text that only moves on."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import elu

from rnnkit.sequence import SequenceBatch

WIDTH = 1.0
"""the importance of a place one away from where a component is, at the beginning: e^-1 of that of its own"""

OUT_OF_SIGHT = 1e18
"""a place whose distance squared is still a number of float32"""


class SoftWindow(nn.Module):
    """K components, each at a place κ of the memory that never moves back (Graves 2013, equations 46 to 51): place u
    has the weight φ(u) = Σ α e^(-β (κ - u)²), and what is seen is the sum of the places' vectors by weight.

    Queries of width H give, through one layer, each component's importance α, narrowness β and step along the memory,
    all positive: as e^x below zero and 1 + x above, since a large e^x would throw the window beyond the text. The
    weights of a query do not add up to one: beyond the last place they vanish.
    """

    def __init__(self, query_size: int, memory_size: int, components: int, pace: float = 0.1) -> None:
        super().__init__()
        self.output_size, self.components = memory_size, components
        self.linear = nn.Linear(query_size, 3 * components)
        self.start_from(pace)

    def start_from(self, pace: float) -> None:
        """Begin with so many places a query, as it takes a text from its beginning to its end."""
        count = self.components
        with torch.no_grad():
            self.linear.bias[:count].fill_(math.log(1 / count))
            self.linear.bias[count : 2 * count].fill_(math.log(WIDTH))
            self.linear.bias[2 * count :].fill_(math.log(min(max(pace, 1e-4), 1.0)))

    def begin(self, rows: int) -> Tensor:
        """κ before the first query, `(B, K)`: half a place before the first, evenly around it."""
        like = self.linear.bias
        spread = torch.linspace(-0.5, 0.5, self.components + 2, dtype=like.dtype, device=like.device)[1:-1]
        return spread.expand(rows, -1).clone()

    def prepare(self, memory: SequenceBatch) -> SequenceBatch:
        """What is computed once a memory `(B, S, D)`: the numbers of its places, `(B, S)`; those of the padding are out
        of sight, so that no mask is needed."""
        numbers = torch.arange(memory.data.shape[1], dtype=memory.data.dtype, device=memory.data.device)
        return memory.with_data(torch.where(memory.mask, numbers, OUT_OF_SIGHT))

    def forward(
        self, queries: Tensor, places: Tensor, memory: SequenceBatch, keys: SequenceBatch
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries `(B, R, H)`, R side by side for each memory `(B, S, D)`, whose padding is finite, and κ `(B, R, K)`:
        what each sees `(B, R, D)`, the weights `(B, R, S)`, and κ afterwards."""
        importance, narrowness, step = (elu(self.linear(queries)) + 1).chunk(3, dim=-1)
        places = places + step
        far = (places[..., None] - keys.data[:, None, None]).square()
        weights = (importance[..., None] * torch.exp(-narrowness[..., None] * far)).sum(dim=-2)
        return torch.bmm(weights, memory.data), weights, places
