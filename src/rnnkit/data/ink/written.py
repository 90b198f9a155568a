"""Ink and its texts, as a network that writes learns them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import pad

from rnnkit.data.examples.transcripts import Transcripts
from rnnkit.sequence import Pair, SequenceBatch


class PenBatch(NamedTuple):
    """Some inks as moves, and the tokens of their texts."""

    moves: SequenceBatch
    """`(B, T, 4)`"""
    texts: SequenceBatch
    """`(B, U)`"""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Everything, batch first."""
        return self.moves.data, self.moves.lengths, self.texts.data, self.texts.lengths

    @property
    def unpack(self) -> Callable[[tuple[Tensor, ...]], tuple[Pair, Tensor, None]]:
        """What makes of `tensors` what goes in, and what is to be expected."""
        return _unpacked

    @property
    def starts_sequence(self) -> bool:
        """Always: an example is whole."""
        return True

    @property
    def size(self) -> int:
        """How many moves there are to learn."""
        return max(int(self.moves.lengths.sum()), 1)

    def rows(self, chosen: slice) -> PenBatch:
        """Some of the examples."""
        return PenBatch(self.moves.take(chosen), self.texts.take(chosen))


def before(moves: Tensor) -> Tensor:
    """What goes in before each of moves `(B, T, 4)`: nothing, then those before, `(B, T, 3)`."""
    return pad(moves[..., :3], (0, 0, 1, 0))[:, :-1]


def _unpacked(tensors: tuple[Tensor, ...]) -> tuple[Pair, Tensor, None]:
    moves, lengths, tokens, counts = tensors
    pair = Pair(SequenceBatch(tokens, counts), SequenceBatch(before(moves), lengths))
    return pair, moves, None


class WrittenInks(Transcripts):
    """N inks and their texts, as tokens with the end mark after them."""

    def make_batch(self, inputs: SequenceBatch, texts: SequenceBatch) -> PenBatch:
        """A batch of moves and tokens."""
        return PenBatch(inputs, texts)
