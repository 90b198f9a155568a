"""Several forecasters as one: they learn side by side, and their quantiles are averaged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.contract import Context
from rnnkit.cores import PlainStepper
from rnnkit.models.forecaster import Forecast, Forecaster, Sizes
from rnnkit.sequence import SequenceBatch
from rnnkit.state import StateSpec


class Ensemble(nn.Module):
    """Forecasters of the same sizes, each with first weights and dropout of its own. In training all see the same
    windows, and each learns from its own loss.

    At each level the quantile is the mean of the members' quantiles (quantile averaging, Vincent 1912; Lichtendahl,
    Grushka-Cockayne and Winkler 2013): the distribution is as sharp as theirs are, where a mixture of them would be
    wider. The state is one of each member, the features are each member's own.
    """

    def __init__(self, members: Iterable[Forecaster]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def all(self) -> list[Forecaster]:
        """The members."""
        return [member for member in self.members if isinstance(member, Forecaster)]

    @property
    def sizes(self) -> Sizes:
        """How each reads and writes, in time steps."""
        return self.all[0].sizes

    @property
    def look_back(self) -> int:
        """The time steps that it sees."""
        return self.sizes.look_back

    @property
    def horizon(self) -> int:
        """The time steps that it forecasts."""
        return self.sizes.horizon

    @property
    def segment(self) -> int:
        """The time steps that are one of the cores'."""
        return self.sizes.segment

    def start_from(self, windows: Tensor, targets: Tensor) -> None:
        """Each begins as the same linear map; see `Forecaster.start_from`."""
        for member in self.all:
            member.start_from(windows, targets)

    def state_spec(self) -> StateSpec:
        """The members', one after the other."""
        return tuple(
            leaf._replace(name=f"{number}.{leaf.name}")
            for number, member in enumerate(self.all)
            for leaf in member.state_spec()
        )

    def init_state(self, batch_size: int) -> Any:
        """Before the first segment."""
        return tuple(member.init_state(batch_size) for member in self.all)

    def forward(
        self, past: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[tuple[Forecast, ...], Any]:
        """Segments `(B, n, w · M)` to each member's forecast after a row's last one, and the state there."""
        before = self.init_state(len(past.lengths)) if state is None else state
        return _apart(member(past, own, context) for member, own in zip(self.all, before, strict=True))

    def step(self, x: Tensor, state: Any, context: Context | None = None) -> tuple[tuple[Forecast, ...], Any]:
        """One segment `(B, w · M)` to each member's forecast after it, and the state."""
        return _apart(member.step(x, own, context) for member, own in zip(self.all, state, strict=True))

    def losses(
        self, inputs: Any, targets: Tensor, state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The mean of the members' losses of each row, `(B,)`, so that each learns by itself, and the state."""
        before: Any = [None] * len(self.members) if state is None else state
        made, after = _apart(
            member.losses(inputs, targets, own, context) for member, own in zip(self.all, before, strict=True)
        )
        return torch.stack(made).mean(dim=0), after

    def quantiles(self, found: tuple[Forecast, ...], levels: Tensor) -> Tensor:
        """Of each step, `(B, H, Q)`, in double precision."""
        own = [member.quantiles(one, levels) for member, one in zip(self.all, found, strict=True)]
        return torch.stack(own).mean(dim=0)

    def mean(self, found: tuple[Forecast, ...]) -> Tensor:
        """Of each step, `(B, H)`."""
        own = [member.mean(one) for member, one in zip(self.all, found, strict=True)]
        return torch.stack(own).mean(dim=0)

    def freeze(self, dtype: torch.dtype | None = None) -> PlainStepper:
        """For live use: a copy."""
        return PlainStepper(self)


def _apart(each: Iterable[tuple[Any, Any]]) -> tuple[Any, Any]:
    """What members give, and their states."""
    made, after = zip(*each, strict=True)
    return made, after
