"""What a transducer knows of the tokens that it has written: its prediction network."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, pad

from rnnkit.cores import Stack
from rnnkit.heads.ctc import BLANK
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec


class Prediction(Protocol):
    """One vector before the first token, and one after each. Before all tokens the blank goes in."""

    @property
    def output_size(self) -> int:
        """The width P of its vectors."""

    def __call__(self, tokens: SequenceBatch, /) -> Tensor:
        """Tokens `(B, U)` to `(B, U + 1, P)`."""

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's leaves, in order."""

    def init_state(self, batch_size: int, /) -> Any:
        """The state before the blank that goes in first."""

    def step(self, tokens: Tensor, state: Any, /) -> tuple[Tensor, Any]:
        """One token `(B,)` more, to `(B, P)` and the state after it."""


class RecurrentPrediction(nn.Module):
    """Embedded tokens through a stack of recurrent layers, as in Graves (2012)."""

    def __init__(self, tokens: int, stack: Stack) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(tokens, stack.input_size))
        self.stack = stack

    @property
    def output_size(self) -> int:
        """P."""
        return self.stack.output_size

    def forward(self, tokens: SequenceBatch) -> Tensor:
        """Tokens `(B, U)` to `(B, U + 1, P)`."""
        vectors = embedding(pad(_inside(tokens), (1, 0), value=BLANK), self.weight)
        made: SequenceBatch = self.stack(SequenceBatch(vectors, tokens.lengths + 1))[0]
        return made.data

    def state_spec(self) -> StateSpec:
        """The stack's."""
        return self.stack.state_spec()

    def init_state(self, batch_size: int) -> Any:
        """The stack's zero state."""
        return self.stack.init_state(batch_size)

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One token `(B,)` more, to `(B, P)` and the state after it."""
        return self.stack.step(embedding(tokens, self.weight), state)


class StatelessPrediction(nn.Module):
    """The embeddings of the last `context` tokens, side by side: nothing recurrent (Ghodsi et al. 2020), so that
    hypotheses with the same last tokens are known to be alike."""

    def __init__(self, tokens: int, width: int, context: int = 2) -> None:
        super().__init__()
        self.context = context
        self.weight = nn.Parameter(torch.randn(tokens, width))

    @property
    def output_size(self) -> int:
        """P, the width of all embeddings together."""
        return self.context * self.weight.shape[1]

    def forward(self, tokens: SequenceBatch) -> Tensor:
        """Tokens `(B, U)` to `(B, U + 1, P)`."""
        written = pad(_inside(tokens), (self.context, 0), value=BLANK)
        return embedding(written.unfold(1, self.context, 1), self.weight).flatten(2)

    def state_spec(self) -> StateSpec:
        """The last tokens."""
        return (LeafSpec("last", (self.context,), torch.int64),)

    def init_state(self, batch_size: int) -> Any:
        """As if blanks had come."""
        return (torch.full((batch_size, self.context), BLANK, device=self.weight.device),)

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One token `(B,)` more, to `(B, P)` and the state after it."""
        last = torch.cat([state[0][:, 1:], tokens[:, None]], dim=1)
        return embedding(last, self.weight).flatten(1), (last,)


def _inside(tokens: SequenceBatch) -> Tensor:
    """Tokens `(B, U)`, with blanks in the padding whatever stands there."""
    return torch.where(tokens.mask, tokens.data, BLANK)
