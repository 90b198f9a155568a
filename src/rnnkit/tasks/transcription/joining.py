"""Recordings that follow each other, as live ones do: some of the batches that speech recognition learns from."""

from __future__ import annotations

import numpy as np
import torch

from rnnkit.arrays import Numbers
from rnnkit.data.batching import padded
from rnnkit.data.columns.sound import SoundColumn
from rnnkit.data.columns.written import WrittenColumn
from rnnkit.data.tokenizers import UNKNOWN
from rnnkit.data.transcripts import TranscriptBatch, Transcripts
from rnnkit.sequence import SequenceBatch

MOST = 4
"""recordings that are joined"""


class JoiningBatches:
    """Makes batches of varied examples. In a `share` of them recordings are joined, two to four with pauses between,
    and so are their texts, with spaces: a network that has only ever heard one sentence does not know what to do after
    it. Such a batch has as many recordings as others, and fewer rows."""

    def __init__(self, examples: Transcripts, column: SoundColumn, written: WrittenColumn, share: float) -> None:
        self.examples, self.column, self.written, self.share = examples, column, written, share

    def __call__(self, chosen: Numbers, chance: np.random.Generator) -> TranscriptBatch:
        """The batch of examples by number."""
        if chance.random() >= self.share:
            return self.examples.varied(chosen, chance)
        count = int(chance.integers(2, MOST + 1))
        groups = np.array_split(chance.permutation(chosen), -(-len(chosen) // count))
        frames = [self.column.varied(self._joined(group, chance), chance) for group in groups]
        return TranscriptBatch(padded(frames), SequenceBatch.of([self._text(group) for group in groups]))

    def _text(self, group: Numbers) -> torch.Tensor:
        """Tokens; where no training text has a space, there is none between texts."""
        tokens = self.written.encode(" ".join(self.examples.texts[number] for number in group))
        return torch.from_numpy(tokens[tokens != UNKNOWN]).long()

    def _joined(self, group: Numbers, chance: np.random.Generator) -> np.ndarray:
        return self.column.joined([self.examples.inputs.item(int(number)) for number in group], chance)
