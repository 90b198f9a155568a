"""What a tagger's answers are called."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rnnkit.metrics import has_spans, is_bio


@dataclass(frozen=True)
class Names:
    """What answers are called, by number: tags, and labels of whole texts, of which there may be none."""

    tags: list[str]
    labels: list[str]
    unseen: list[str] = field(default_factory=list)
    """tags of the validation texts that training has not: numbered after the others, and never given"""

    @property
    def spans(self) -> bool:
        """Whether tags mark spans."""
        return has_spans(set(self.tags))

    @property
    def bio(self) -> bool:
        """Whether these spans are told apart by B- and I-."""
        return is_bio(self.tags)

    def numbers(self, tags: Iterable[str]) -> NDArray[np.int64]:
        """Tags by number; one that is nowhere has the number of all that are."""
        number = {tag: place for place, tag in enumerate([*self.tags, *self.unseen])}
        return np.array([number.get(tag, len(number)) for tag in tags], dtype=np.int64)

    def named(self, tags: NDArray[np.int64], offsets: NDArray[np.int64]) -> list[list[str]]:
        """Numbers `(M,)` of texts that begin at `offsets` `(N + 1,)`, by name."""
        names = [*self.tags, *self.unseen]
        return [[names[tag] for tag in tags[a:b]] for a, b in itertools.pairwise(offsets)]
