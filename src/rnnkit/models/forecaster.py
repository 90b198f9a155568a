"""A network that forecasts: many-to-many, from a window of the past to every step of a horizon."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.contract import Context, StreamingCore
from rnnkit.cores import PlainStepper
from rnnkit.models.similar import SimilarSteps
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec


class Forecast(NamedTuple):
    """What a forecaster gives."""

    features: Tensor
    """of each step of the horizon, `(B, H, F)`: what a head over numbers reads"""
    location: Tensor
    """where the head's distribution is shifted to, `(B, H)`"""


class Sizes(NamedTuple):
    """How a forecaster reads and writes, in time steps."""

    look_back: int
    """L, that the linear map sees"""
    horizon: int
    """H, that are forecast"""
    segment: int
    """w, that are one time step of the core"""


class Forecaster(nn.Module):
    """Reads a window in segments of w time steps, and forecasts H steps at once, in the line of SegRNN (Lin et al.
    2023): the core runs over the segments; then, from its last state, one step of the same core for each segment of
    the horizon, all side by side, its input a learned position and what is known ahead. Where something is known ahead,
    steps also look at those of the window that are like them (`SimilarSteps`).

    A segment is `(w · M)` numbers, M a time step: the series' value, whether it is missing, the K numbers (`known`)
    that are known ahead of steps to come, and others. Of the last L values a linear map to the H steps is added
    (`skip`; the autoregressive part of LSTNet, Lai et al. 2018), so that the network learns what a linear model leaves
    over. `series` is how many series have a vector of their own, those that are never seen sharing the first one.

    The head is over numbers (`heads/real`). Inputs are standardised window by window
    before (`data/batches/windows.py`).
    """

    def __init__(
        self,
        encoder: Any,
        core: StreamingCore,
        head: Any,
        sizes: Sizes,
        *,
        features: int,
        known: int = 0,
        series: int = 1,
        skip: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.encoder: Any = encoder
        self.core: Any = core
        self.head: Any = head
        self.sizes = sizes
        look_back, horizon, segment = sizes
        self.horizon, self.segment, self.look_back = horizon, segment, look_back
        width, count = encoder.output_size, -(-horizon // segment)
        self.positions = nn.Parameter(0.1 * torch.randn(count, width))
        self.count = known
        self.known = nn.Linear(known * segment, width, bias=False) if known else None
        self.series = nn.Embedding(series, width)
        nn.init.zeros_(self.series.weight)
        self.linear = nn.Linear(core.output_size, segment * features)
        self.similar = SimilarSteps(known, look_back, segment, horizon, features) if known else None
        self.features = features
        self.skip = nn.Linear(look_back, horizon) if skip else None
        if self.skip is not None:
            nn.init.zeros_(self.skip.weight)
            nn.init.zeros_(self.skip.bias)
        nn.init.zeros_(head.linear.weight)  # the network begins as what `skip` says
        self.dropout = nn.Dropout(dropout)

    @torch.no_grad()
    def start_from(self, windows: Tensor, targets: Tensor, ridge: float = 0.1) -> None:
        """Begin as the linear map of windows `(N, L)` to what followed, `(N, H)`, without NaN, of least squares;
        `ridge` is the penalty on squared weights in units of the mean square of a value."""
        if self.skip is None:
            return
        x, y = windows.double(), targets.double()
        products = x.T @ x
        penalty = ridge * products.diagonal().mean().clamp(min=1e-12)
        weights = torch.linalg.solve(products + penalty * torch.eye(len(products), dtype=x.dtype), x.T @ y)
        self.skip.weight.copy_(weights.T)

    def state_spec(self) -> StateSpec:
        """The core's, and the last L values with what was known of them."""
        own = LeafSpec("window", (self.look_back, 1 + self.count), self.positions.dtype)
        return (*(leaf._replace(name=f"core.{leaf.name}") for leaf in self.core.state_spec()), own)

    def init_state(self, batch_size: int) -> Any:
        """Before the first segment: the core's, and zeros."""
        return self.core.init_state(batch_size), self.positions.new_zeros(batch_size, self.look_back, 1 + self.count)

    def forward(self, past: SequenceBatch, state: Any = None, context: Context | None = None) -> tuple[Forecast, Any]:
        """Segments `(B, n, w · M)` to the forecast after each row's last one, and the state there. The context may have
        `known` `(B, H, K)`, and `series`, the rows' numbers `(B,)`."""
        before, window = self.init_state(len(past.lengths)) if state is None else state
        _, after = self.core(self.encoder(past), before)
        window = self._moved(window, past)
        return self._forecast(after, window, context), (after, window)

    def step(self, x: Tensor, state: Any, context: Context | None = None) -> tuple[Forecast, Any]:
        """One segment `(B, w · M)` to the forecast after it, and the state."""
        before, window = state
        _, after = self.core.step(self.encoder.step(x), before)
        window = self._moved(window, SequenceBatch.full(x[:, None]))
        return self._forecast(after, window, context), (after, window)

    def losses(
        self, inputs: Any, targets: Tensor, state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The loss of each row, `(B,)`, of targets `(B, H)`, NaN where there is none, and the state afterwards;
        `inputs` are segments, or segments with a context."""
        past, context = (inputs, context) if isinstance(inputs, SequenceBatch) else inputs
        found, after = self(past, state, context)
        return self.head.loss(SequenceBatch.full(found.features), targets - found.location), after

    def quantiles(self, found: Forecast, levels: Tensor) -> Tensor:
        """Of each step, `(B, H, Q)`, in double precision."""
        made: Tensor = self.head.quantiles(found.features, levels)
        return made + found.location.double()[..., None]

    def mean(self, found: Forecast) -> Tensor:
        """Of each step, `(B, H)`."""
        made: Tensor = self.head.mean(found.features)
        return made + found.location

    def freeze(self, dtype: torch.dtype | None = None) -> PlainStepper:
        """For live use: a copy."""
        return PlainStepper(self)

    def _moved(self, window: Tensor, past: SequenceBatch) -> Tensor:
        """The last L values, with what was known of them, after segments `(B, n, w · M)`."""
        rows, segments = past.data.shape[:2]
        steps = past.data.reshape(rows, segments * self.segment, -1)
        whole = torch.cat([window, torch.cat([steps[..., :1], steps[..., 2 : 2 + self.count]], dim=2)], dim=1)
        if past.known_full:
            return whole[:, -self.look_back :]
        places = past.lengths[:, None] * self.segment + torch.arange(self.look_back, device=whole.device)
        return whole.gather(1, places[..., None].expand(-1, -1, whole.shape[2]))

    def _forecast(self, state: Any, window: Tensor, context: Context | None) -> Forecast:
        rows, count = len(window), len(self.positions)
        given: Any = context or {}
        asked = self.positions.expand(rows, count, -1)
        numbers = given.get("series")
        own = self.series.weight[:1] if numbers is None else self.series(numbers)
        asked = asked + own[:, None]
        if self.known is not None:
            asked = asked + self.known(self._whole(given["known"]).view(rows, count, -1))
        each = states.map_state(lambda leaf: leaf.repeat_interleave(count, dim=0), state)
        made, _ = self.core.step(self.dropout(asked).reshape(rows * count, -1), each)
        features = self.linear(self.dropout(made)).view(rows, -1, self.features)[:, : self.horizon]
        location = window.new_zeros(rows, self.horizon) if self.skip is None else self.skip(window[..., 0])
        if self.similar is not None:
            features, location = self.similar(features, location, window, self._whole(given["known"]))
        return Forecast(features.relu(), location)

    def _whole(self, known: Tensor) -> Tensor:
        """What is known of each step `(B, H, K)`, to the end of the last segment `(B, n · w, K)`, with zeros there."""
        rows, steps, width = known.shape
        missing = len(self.positions) * self.segment - steps
        return torch.cat([known, known.new_zeros(rows, missing, width)], dim=1) if missing else known
