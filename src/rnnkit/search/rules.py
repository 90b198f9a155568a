"""What may not be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class NoRepeats:
    """No run of `size` tokens comes twice (Paulus et al. 2018)."""

    size: int

    def __call__(self, tokens: Tensor, log_probs: Tensor) -> Tensor:
        """As `beam.Rule`."""
        count = tokens.shape[1]
        if count < self.size:
            return log_probs
        runs = tokens.unfold(1, self.size, 1)
        begun = tokens[:, count - self.size + 1 :]
        again = (runs[:, :, :-1] == begun[:, None]).all(dim=2)
        # Counted, so that a run that matches nothing does not undo another's ban of its last token.
        counts = torch.zeros_like(log_probs).scatter_add_(1, runs[:, :, -1], again.to(log_probs))
        return log_probs.masked_fill(counts > 0, -torch.inf)


@dataclass(frozen=True)
class Without:
    """None of these runs of tokens comes."""

    runs: Sequence[Sequence[int]]

    def __call__(self, tokens: Tensor, log_probs: Tensor) -> Tensor:
        """As `beam.Rule`."""
        for *begun, last in self.runs:
            count = len(begun)
            if tokens.shape[1] < count:
                continue
            ends = torch.tensor(begun, dtype=torch.int64, device=tokens.device)
            here = (tokens[:, tokens.shape[1] - count :] == ends).all(dim=1)
            banned = torch.zeros_like(log_probs, dtype=torch.bool)
            banned[:, last] = here
            log_probs = log_probs.masked_fill(banned, -torch.inf)
        return log_probs
