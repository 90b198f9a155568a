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

from rnnkit.arrays import Numbers
from rnnkit.checkpoint import load, save
from rnnkit.data.batches.batching import padded
from rnnkit.data.examples.examples import Ragged, below
from rnnkit.data.examples.perceived import Perceived
from rnnkit.data.tokenizers import END, UNKNOWN
from rnnkit.sequence import Pair, SequenceBatch


class PairBatch(NamedTuple):
    """Some answers, each with its source: what goes in, one time step late, and what is to come."""

    pair: Pair
    targets: Tensor
    """`(B, T)`"""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Everything, batch first."""
        source, written, *more = self.pair
        rest = (tensor for tensor in more if tensor is not None)
        return written.data, written.lengths, self.targets, source.data, source.lengths, *rest

    @property
    def unpack(self) -> Callable[[tuple[Tensor, ...]], tuple[Pair, Tensor, None]]:
        """The inverse of `tensors`."""
        has_copied, has_owners = self.pair.copied is not None, self.pair.owners is not None

        def unpacked(tensors: tuple[Tensor, ...]) -> tuple[Pair, Tensor, None]:
            written, steps, targets, data, lengths, *more = tensors
            copied = more[0] if has_copied else None
            owners = more[-1] if has_owners else None
            pair = Pair(SequenceBatch(data, lengths), SequenceBatch(written, steps), copied, owners)
            return pair, targets, None

        return unpacked

    @property
    def starts_sequence(self) -> bool:
        """Always: an answer is whole."""
        return True

    @property
    def size(self) -> int:
        """How many tokens there are to learn, ends counted."""
        return int(self.pair.written.lengths.sum())

    def rows(self, chosen: slice) -> PairBatch:
        """Some of the answers, with their sources."""
        source, written, copied, owners = self.pair
        wanted: Any = chosen
        if owners is not None:
            wanted, owners = torch.unique(owners[chosen], return_inverse=True)
        copied = None if copied is None else copied[wanted]
        return PairBatch(Pair(source.take(wanted), written.take(chosen), copied, owners), self.targets[chosen])


class Sources(NamedTuple):
    """M sources, and what may be copied from them."""

    inputs: Ragged | Perceived
    """`(sum of lengths, …)`"""
    copied: Ragged | None = None
    """the number of what each place holds"""
    own: Sequence[Sequence[str]] = ()
    """the words of each source that are not in the vocabulary, by their numbers from its size on"""

    def batch(self, chosen: Numbers) -> tuple[SequenceBatch, Tensor | None]:
        """Some sources, by number, and what may be copied from them: `(B, S)`, -1 in the padding."""
        inputs = self.inputs.batch(chosen)
        if self.copied is None:
            return inputs, None
        return inputs, torch.where(inputs.mask, self.copied.batch(chosen).data, -1)

    def take(self, chosen: Numbers) -> Sources:
        """Some sources, by number."""
        copied = None if self.copied is None else self.copied.take(chosen)
        return Sources(self.inputs.take(chosen), copied, [self.own[n] for n in chosen] if self.own else ())


@dataclass(frozen=True)
class Pairs:
    """N answers of M sources."""

    sources: Sources
    answers: Ragged
    """tokens, without ends"""
    owners: Numbers
    """`(N,)`: the source of each answer; a source's answers are side by side"""
    references: list[list[str]]
    """the same answers as text, source by source"""
    vocabulary: int
    """how many tokens there are; greater numbers are a source's own words"""
    longest: int
    """tokens of the longest answer of training"""
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
        return len(self.references)

    @property
    def lengths(self) -> Numbers:
        """`(N,)`: time steps of source and answer together, by which batches are bucketed."""
        made: Numbers = self.sources.inputs.lengths[self.owners] + self.answers.lengths + 1
        return made

    def answers_of(self, chosen: Numbers) -> Numbers:
        """The numbers of all answers of some sources."""
        first = np.searchsorted(self.owners, np.arange(self.count + 1))
        return np.concatenate([np.arange(first[n], first[n + 1]) for n in chosen])

    def take(self, chosen: Numbers) -> Pairs:
        """Some sources, by number, with their answers."""
        first = np.searchsorted(self.owners, np.arange(self.count + 1))
        answers = self.answers_of(chosen)
        owners = np.repeat(np.arange(len(chosen)), first[chosen + 1] - first[chosen])
        references = [self.references[n] for n in chosen]
        taken = self.sources.take(chosen), self.answers.take(answers)
        return Pairs(*taken, owners, references, self.vocabulary, self.longest, self.unseen)

    def batch(self, chosen: Numbers) -> PairBatch:
        """Some answers, by number. An answer begins and ends with the end mark; a source's own word goes in as the
        unknown one."""
        return self._with(chosen, self.sources.batch)

    def varied(self, chosen: Numbers, chance: np.random.Generator) -> PairBatch:
        """The same, of variations of sources that are `Perceived`, from which nothing is copied."""
        inputs = self.sources.inputs
        assert isinstance(inputs, Perceived)
        return self._with(chosen, lambda some: (inputs.varied(some, chance), None))

    def _with(self, chosen: Numbers, batch_of: Callable[[Numbers], tuple[SequenceBatch, Tensor | None]]) -> PairBatch:
        """Some answers, with what `batch_of` gives for their sources."""
        values, offsets = self.answers
        answers = [values[offsets[n] : offsets[n + 1]] for n in chosen]
        end = np.array([END], dtype=values.dtype)
        written = padded([np.concatenate([end, np.where(own < self.vocabulary, own, UNKNOWN)]) for own in answers])
        targets = padded([np.concatenate([own, end]) for own in answers])
        if self.count == len(self):
            source, copied = batch_of(self.owners[chosen])
            return PairBatch(Pair(source, written, copied), targets.data)
        different, owners = np.unique(self.owners[chosen], return_inverse=True)
        source, copied = batch_of(different)
        return PairBatch(Pair(source, written, copied, torch.from_numpy(owners)), targets.data)

    def save(self, path: Path) -> None:
        """Writes everything to one file, from which arrays are mapped."""
        ragged = {"sources": self.sources.inputs, "copied": self.sources.copied, "answers": self.answers}
        arrays = {
            f"{part}.{name}": array
            for part, own in ragged.items()
            if own is not None
            for name, array in own._asdict().items()
        }
        arrays |= {"owners": self.owners, "references": _packed(self.references), "own": _packed(self.sources.own)}
        path.parent.mkdir(exist_ok=True)
        tensors = {name: torch.from_numpy(_apart(array)) for name, array in arrays.items()}
        facts = {"unseen": self.unseen, "vocabulary": self.vocabulary, "longest": self.longest}
        save(path, "pairs", tensors, facts)

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, "pairs")
        found = {part: below(f"{part}.", tensors) for part in ("sources", "copied", "answers")}
        inputs, copied, answers = (Ragged(**arrays) if arrays else None for arrays in found.values())
        assert inputs is not None
        assert answers is not None
        references, own = (json.loads(tensors[name].numpy().tobytes()) for name in ("references", "own"))
        sources = Sources(inputs, copied, own)
        known = facts["vocabulary"], facts["longest"], facts["unseen"]
        return cls(sources, answers, tensors["owners"].numpy(), references, *known)


def _apart(array: NDArray[Any]) -> NDArray[Any]:
    """A copy, since arrays may be one and the same; of what lies in a file, and is large, itself."""
    return array if isinstance(array, np.memmap) else np.array(array)


def _packed(listed: Any) -> NDArray[np.uint8]:
    """What JSON can hold, as bytes."""
    return np.frombuffer(json.dumps(listed, ensure_ascii=False).encode("utf-8", "surrogatepass"), dtype=np.uint8)
