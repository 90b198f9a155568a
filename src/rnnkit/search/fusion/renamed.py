"""A scorer whose tokens have other numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from rnnkit.search.scorer import Scorer


class RenamedScorer:
    """Another scorer, whose token `numbers[v]` is our token v. `opening` are its own tokens that go in before the
    first, such as a line break, after which texts begin there."""

    begin = 0

    def __init__(self, scorer: Scorer, numbers: Sequence[int], opening: Sequence[int] = ()) -> None:
        self.scorer, self._opening = scorer, [scorer.begin, *opening]
        self._numbers = torch.tensor(numbers)

    def start(self, context: Any = None) -> Any:
        """One row, before the first token; beside the other's state the token that goes in instead of ours."""
        state = self.scorer.start(context)
        *first, last = self._opening
        for token in first:
            _, state = self.scorer.extend(torch.tensor([token]), state)
        return state, torch.tensor([last])

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Each row's token goes in, to the log-probabilities of the next."""
        before, instead = state
        log_probs, after = self.scorer.extend(torch.where(instead >= 0, instead, self._numbers[tokens]), before)
        return log_probs.double()[:, self._numbers], (after, torch.full_like(instead, -1))
