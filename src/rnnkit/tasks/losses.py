"""The objective of examples of whatever kind."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor, nn

from rnnkit.sequence import Sequence


class Labelling(Protocol):
    """A model that has losses."""

    def losses(self, sequence: Sequence, /, *targets: Any) -> Tensor:
        """Of each row, `(B,)`."""
        ...


class Losses(nn.Module):
    """The summed loss of a batch's examples."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, data: Tensor, lengths: Tensor, *rest: Any) -> tuple[Tensor, None]:
        """Examples `(B, T, …)`, lengths `(B,)`, each kind of target, and a state, which is None: the sum."""
        *targets, _ = rest
        model: Labelling = self.model
        return model.losses(Sequence(data, lengths), *targets).sum(), None
