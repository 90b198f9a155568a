"""Examples one after the other, as they come where nobody parts them: some of the batches that are learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.arrays import Numbers
from rnnkit.data.batches.batching import padded
from rnnkit.data.examples.perceived import Item
from rnnkit.data.examples.transcripts import Transcripts
from rnnkit.data.tokenizers import UNKNOWN
from rnnkit.sequence import SequenceBatch

MOST = 4
"""examples that are joined"""
Chance = np.random.Generator


class JoiningBatches:
    """Makes batches of varied examples. In a `share` of them examples are joined, two to four, and so are their texts,
    with spaces: a network that has only ever seen one does not know what to do after it. Such a batch has as many
    examples as others, and fewer rows.

    `join` puts items one after the other, `encode` gives a text's tokens, and `grouped` says which examples of a batch
    go together, so many in each group.
    """

    def __init__(
        self,
        examples: Transcripts,
        share: float,
        join: Callable[[Sequence[Item], Chance], Item],
        encode: Callable[[str], NDArray[np.int32]],
        grouped: Callable[[Numbers, int, Chance], Sequence[Numbers]] | None = None,
    ) -> None:
        self.examples, self.share, self.join, self.encode = examples, share, join, encode
        self.grouped = drawn if grouped is None else grouped

    def __call__(self, chosen: Numbers, chance: Chance) -> Any:
        """The batch of examples by number."""
        if chance.random() >= self.share:
            return self.examples.varied(chosen, chance)
        groups = self.grouped(chosen, int(chance.integers(2, MOST + 1)), chance)
        inputs = self.examples.inputs
        joined = (self.join([inputs.item(int(number)) for number in group], chance) for group in groups)
        frames = padded([inputs.column.varied(item, chance) for item in joined])  # each drawn as it is joined
        return self.examples.make_batch(frames, SequenceBatch.of([self._tokens(group) for group in groups]))

    def _tokens(self, group: Numbers) -> torch.Tensor:
        """Where no training text has a space, there is none between texts."""
        tokens = self.encode(" ".join(self.examples.texts[number] for number in group))
        return torch.from_numpy(tokens[tokens != UNKNOWN]).long()


def drawn(chosen: Numbers, count: int, chance: Chance) -> Sequence[Numbers]:
    """Those of a batch in groups of `count`, or one fewer, by chance."""
    return np.array_split(chance.permutation(chosen), -(-len(chosen) // count))


def following(chosen: Numbers, count: int, chance: Chance, end: int) -> Sequence[Numbers]:
    """Some of a batch, each with those after it in the table, of which there are `end`: what stands there side by side
    is mostly of one hand."""
    firsts = chance.permutation(chosen)[: -(-len(chosen) // count)]
    return [np.arange(first, min(first + count, end)) for first in firsts]
