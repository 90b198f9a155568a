"""Sources and what is written of them, as arrays: any number of answers of one source."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.checkpoint import load, save
from rnnkit.data.batching import padded
from rnnkit.data.examples import Numbers, Ragged, below
from rnnkit.data.tokenizers import END
from rnnkit.sequence import Pair, SequenceBatch


class PairBatch(NamedTuple):
    """Some answers, each with its source: what goes in, one time step late, and what is to come."""

    source: SequenceBatch
    written: SequenceBatch
    targets: Tensor
    """`(B, T)`"""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Everything, batch first."""
        return self.source.data, self.source.lengths, self.written.data, self.written.lengths, self.targets

    @property
    def unpack(self) -> Callable[[tuple[Tensor, ...]], tuple[Pair, Tensor, None]]:
        """The inverse of `tensors`."""

        def unpacked(tensors: tuple[Tensor, ...]) -> tuple[Pair, Tensor, None]:
            data, lengths, written, steps, targets = tensors
            return Pair(SequenceBatch(data, lengths), SequenceBatch(written, steps)), targets, None

        return unpacked

    @property
    def starts_sequence(self) -> bool:
        """Always: an answer is whole."""
        return True

    @property
    def size(self) -> int:
        """How many tokens there are to learn, ends counted."""
        return int(self.written.lengths.sum())

    def rows(self, chosen: slice) -> PairBatch:
        """Some of the answers."""
        source, written = (SequenceBatch(part.data[chosen], part.lengths[chosen]) for part in self[:2])
        return PairBatch(source, written, self.targets[chosen])


@dataclass(frozen=True)
class Pairs:
    """N answers of M sources."""

    sources: Ragged
    """`(sum of lengths, …)`"""
    answers: Ragged
    """tokens, without ends"""
    owners: Numbers
    """`(N,)`: the source of each answer; a source's answers are side by side"""
    references: list[list[str]]
    """the same answers as text, source by source"""
    unseen: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.owners)

    @property
    def targets(self) -> dict[str, list[list[str]]]:
        """What is to be written, by name."""
        return {"target": self.references}

    @property
    def new_names(self) -> dict[str, list[str]]:
        """None: any text may be written."""
        return {}

    @property
    def count(self) -> int:
        """M, how many sources there are."""
        return len(self.sources.lengths)

    @property
    def lengths(self) -> Numbers:
        """`(N,)`: time steps of source and answer together, by which batches are bucketed."""
        made: Numbers = self.sources.lengths[self.owners] + self.answers.lengths + 1
        return made

    def take(self, chosen: Numbers) -> Pairs:
        """Some sources, by number, with their answers."""
        first = np.searchsorted(self.owners, np.arange(self.count + 1))
        answers = np.concatenate([np.arange(first[n], first[n + 1]) for n in chosen])
        owners = np.repeat(np.arange(len(chosen)), first[chosen + 1] - first[chosen])
        references = [self.references[n] for n in chosen]
        return Pairs(self.sources.take(chosen), self.answers.take(answers), owners, references, self.unseen)

    def batch(self, chosen: Numbers) -> PairBatch:
        """Some answers, by number. An answer begins and ends with the end mark."""
        values, offsets = self.answers
        own = [values[offsets[n] : offsets[n + 1]] for n in chosen]
        end = np.array([END], dtype=values.dtype)
        written = padded([np.concatenate([end, tokens]) for tokens in own])
        targets = padded([np.concatenate([tokens, end]) for tokens in own])
        return PairBatch(self.sources.batch(self.owners[chosen]), written, targets.data)

    def save(self, path: Path) -> None:
        """Writes everything to one file, from which arrays are mapped."""
        arrays = {
            **{f"sources.{name}": array for name, array in self.sources._asdict().items()},
            **{f"answers.{name}": array for name, array in self.answers._asdict().items()},
            "owners": self.owners,
            "references": np.frombuffer(json.dumps(self.references, ensure_ascii=False).encode(), dtype=np.uint8),
        }
        path.parent.mkdir(exist_ok=True)
        tensors = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        save(path, "pairs", tensors, {"unseen": self.unseen})

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, "pairs")
        sources, answers = (Ragged(**below(part, tensors)) for part in ("sources.", "answers."))
        references = json.loads(tensors["references"].numpy().tobytes().decode())
        return cls(sources, answers, tensors["owners"].numpy(), references, facts["unseen"])


def pairs_of(
    sources: Sequence[NDArray[Any]], references: Sequence[Sequence[str]], encode: Callable[[str], NDArray[np.int32]]
) -> Pairs:
    """Sources as arrays `(t, …)`, and the answers of each as text, which `encode` makes tokens of."""
    answers = [encode(text) for texts in references for text in texts]
    owners = np.repeat(np.arange(len(references)), [len(texts) for texts in references])
    return Pairs(Ragged.of(sources), Ragged.of(answers), owners, [list(texts) for texts in references])
