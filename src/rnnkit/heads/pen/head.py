"""Where a pen goes next, from features."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from rnnkit.errors import UserError
from rnnkit.heads.pen.mixture import MoveMixture, drawn
from rnnkit.heads.pen.sampler import PenSampler
from rnnkit.sequence import SequenceBatch

LEAST_CHANCE = 2.0**-54
RAREST = 1e-4
"""of the shares of ends that a head begins with"""


class PenMoves(nn.Module):
    """Features `(…, H)` to K bivariate normal distributions of the next move, whether the stroke ends there, and, if it
    does, whether nothing comes after it: a mixture density (Bishop 1994) and Bernoulli distributions, as in Graves
    (2013, section 4), with the end of a drawing as in Ha and Eck (2018).

    An answer is four numbers: how far the pen moved to the right and upwards, in deviations of all moves, 1 where the
    stroke ends, and 1 where that was the last.
    """

    reads = "steps"

    def __init__(self, width: int, components: int) -> None:
        super().__init__()
        if components < 1:
            raise UserError(f"a mixture has at least 1 component, got {components}")
        self.components = components
        self.linear = nn.Linear(width, 6 * components + 2)
        with torch.no_grad():
            # Apart from each other, since components that begin alike learn alike.
            self.linear.bias[components : 3 * components].normal_(0.0, 1.0)

    def start_from(self, ends: float, lasts: float) -> None:
        """Begin with so large a share of moves that end strokes, and of those, strokes that are the last."""
        with torch.no_grad():
            shares = torch.tensor([ends, lasts], dtype=torch.float64).clamp(RAREST, 1 - RAREST)
            self.linear.bias[-2:] = shares.logit().to(self.linear.bias)

    def parameters_of(self, features: Tensor) -> tuple[MoveMixture, Tensor]:
        """`(…, H)` to the moves' distribution, and the log-odds `(…, 2)` of a stroke's end, and of its being the
        last."""
        raw = self._raw(features)
        return MoveMixture.of(raw[..., :-2]), raw[..., -2:]

    def _raw(self, features: Tensor) -> Tensor:
        raw: Tensor = self.linear(features)
        return raw if raw.dtype == torch.float64 else raw.float()

    def nll(self, features: Tensor, answers: Tensor) -> Tensor:
        """The negative log-likelihood of each answer, in nats: `(N, H)` and `(N, 4)` to `(N,)`."""
        moves, odds = self.parameters_of(features)
        wanted = answers.to(odds.dtype)
        marks = binary_cross_entropy_with_logits(odds, wanted[:, 2:], reduction="none")
        return marks[:, 0] + wanted[:, 2] * marks[:, 1] - moves.log_density(wanted[:, :2])

    def loss(self, features: SequenceBatch, answers: Tensor) -> Tensor:
        """`(B, T, H)` and `(B, T, 4)` to each row's negative log-likelihood, added over its time steps: `(B,)`."""
        return self.nats(features, answers).sum(dim=1)

    def nats(self, features: SequenceBatch, answers: Tensor) -> Tensor:
        """The same of each time step, `(B, T)`; 0 in the padding."""
        mask = features.mask
        found = torch.zeros(mask.shape, dtype=features.data.dtype, device=mask.device)
        return found.masked_scatter(mask, self.nll(features.data[mask], answers[mask]))

    def predict(self, features: SequenceBatch) -> Tensor:
        """The likeliest answers, `(B, T, 4)`; zeros in the padding."""
        moves, odds = self.parameters_of(features.data)
        ends = (odds > 0).to(odds.dtype).cumprod(dim=-1)
        found = torch.cat([moves.likeliest(), ends], dim=-1).to(features.data.dtype)
        return torch.where(features.mask[..., None], found, 0.0)

    @torch.no_grad()
    def sample(self, features: Tensor, sampler: PenSampler, generators: Sequence[torch.Generator]) -> Tensor:
        """An answer `(N, 4)` a row of `(N, H)`, row n from five numbers of `generators[n]`."""
        numbers = torch.stack([torch.rand(5, generator=one, dtype=torch.float64) for one in generators])
        chance = numbers.clamp(min=LEAST_CHANCE).to(features.device)
        raw = self._raw(features)
        odds = raw[:, -2:].double()
        odds[:, 1] *= 1 + sampler.bias
        ends = (chance[:, 3:] < odds.sigmoid()).double().cumprod(dim=1)
        return torch.cat([drawn(raw[:, :-2], chance[:, :3], sampler.bias), ends], dim=1).to(features.dtype)

    def feedback(self, answers: Tensor) -> Tensor:
        """What goes in next after these answers `(N, 4)`: the moves, and where strokes ended, `(N, 3)`."""
        return answers[..., :3]

    def done(self, answers: Tensor) -> Tensor:
        """Whether each of these answers was the last of its row."""
        return answers[..., 3] > 0
