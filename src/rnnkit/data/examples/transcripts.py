"""Sounds or pictures of writing and their texts, as arrays: nobody says which time step is which character."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from rnnkit.arrays import Numbers
from rnnkit.checkpoint import load, save
from rnnkit.data.examples.examples import Ragged, below
from rnnkit.data.examples.perceived import FrameColumn, Perceived
from rnnkit.sequence import SequenceBatch


class TranscriptBatch(NamedTuple):
    """Some sequences of frames, and the tokens of their texts."""

    inputs: SequenceBatch
    """`(B, T, F)`"""
    texts: SequenceBatch
    """`(B, U)`"""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Everything, batch first."""
        return self.inputs.data, self.inputs.lengths, self.texts.data, self.texts.lengths

    @property
    def unpack(self) -> Callable[[tuple[Tensor, ...]], tuple[SequenceBatch, SequenceBatch, None]]:
        """The inverse of `tensors`."""
        return _unpacked

    @property
    def starts_sequence(self) -> bool:
        """Always: an example is whole."""
        return True

    @property
    def size(self) -> int:
        """How many tokens there are to learn."""
        return max(int(self.texts.lengths.sum()), 1)

    def rows(self, chosen: slice) -> TranscriptBatch:
        """Some of the examples."""
        return TranscriptBatch(self.inputs.take(chosen), self.texts.take(chosen))


def _unpacked(tensors: tuple[Tensor, ...]) -> tuple[SequenceBatch, SequenceBatch, None]:
    data, lengths, tokens, counts = tensors
    return SequenceBatch(data, lengths), SequenceBatch(tokens, counts), None


@dataclass(frozen=True)
class Transcripts:
    """N items and their texts."""

    inputs: Perceived
    answers: Ragged
    """tokens"""
    texts: list[str]
    """the same as text"""
    unseen: dict[str, int] = field(default_factory=dict)
    """tokens that training has not, by target"""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def targets(self) -> dict[str, list[str]]:
        """What is to be written, by name."""
        return {"text": self.texts}

    @property
    def new_names(self) -> dict[str, list[str]]:
        """None: any text may be written."""
        return {}

    @property
    def lengths(self) -> Numbers:
        """`(N,)`, in frames."""
        return self.inputs.lengths

    def make_batch(self, inputs: SequenceBatch, texts: SequenceBatch) -> Any:
        """A batch of frames and tokens."""
        return TranscriptBatch(inputs, texts)

    def take(self, chosen: Numbers) -> Transcripts:
        """Some of them, by number."""
        texts = [self.texts[number] for number in chosen]
        return replace(self, inputs=self.inputs.take(chosen), answers=self.answers.take(chosen), texts=texts)

    def batch(self, chosen: Numbers) -> Any:
        """Some of them, by number."""
        return self.make_batch(self.inputs.batch(chosen), self.answers.batch(chosen))

    def varied(self, chosen: Numbers, chance: np.random.Generator) -> Any:
        """Variations of some, drawn by chance."""
        return self.make_batch(self.inputs.varied(chosen, chance), self.answers.batch(chosen))

    def save(self, path: Path) -> None:
        """Writes everything to one file, from which arrays are mapped."""
        parts: dict[str, Any] = {"inputs": self.inputs, "answers": self.answers}
        arrays = {f"{part}.{name}": a for part, own in parts.items() for name, a in own._asdict().items()}
        texts = json.dumps(self.texts, ensure_ascii=False).encode("utf-8", "surrogatepass")
        arrays["texts"] = np.frombuffer(texts, dtype=np.uint8)
        path.parent.mkdir(exist_ok=True)
        tensors = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        save(path, "transcripts", tensors, {"unseen": self.unseen})

    @classmethod
    def load(cls, path: Path, column: FrameColumn) -> Self:
        """What `save` wrote, as `column` reads it. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, "transcripts")
        items, answers = (Ragged(**below(f"{part}.", tensors)) for part in ("inputs", "answers"))
        texts = json.loads(tensors["texts"].numpy().tobytes())
        return cls(Perceived(items, column), answers, texts, facts["unseen"])
