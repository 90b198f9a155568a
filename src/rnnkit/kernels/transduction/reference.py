"""The transducer's loss in PyTorch: the equations of Graves (2012), exact, in any precision, on any device."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from rnnkit.sequence import zero_padding

AT_ONCE = 1 << 24
"""Scores that are made at once. Where there are more, backward makes them again, a piece of time at a time."""


def loss(
    f: Tensor,
    f_lengths: Tensor,
    g: Tensor,
    targets: Tensor,
    target_lengths: Tensor,
    weight: Tensor,
    bias: Tensor,
    blank: int,
) -> Tensor:
    """As `rnnkit.kernels.transduction.transduction_loss`, which checks shapes."""
    f, g = zero_padding(f, f_lengths), zero_padding(g, target_lengths + 1)
    inside = torch.arange(targets.shape[1], device=targets.device) < target_lengths[:, None]
    # A place's next token; the last place has none, and what stands there is used by nothing.
    tokens = torch.nn.functional.pad(torch.where(inside, targets, blank), (0, 1), value=blank)
    blanks, labels = _log_probs(f, g, tokens, weight, bias, blank)
    return -_log_likelihood(blanks.double(), labels.double(), f_lengths, target_lengths).to(weight.dtype)


def _log_probs(f: Tensor, g: Tensor, tokens: Tensor, weight: Tensor, bias: Tensor, blank: int) -> tuple[Tensor, Tensor]:
    """The log-probabilities of the blank and of the next token at each point, `(B, T, U + 1)` both."""

    def piece(f: Tensor, g: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        hidden = torch.tanh(f[:, :, None] + g[:, None])
        found = torch.nn.functional.linear(hidden, weight, bias).log_softmax(dim=3)
        return found[..., blank], found.gather(3, tokens[:, None, :, None].expand(-1, f.shape[1], -1, 1))[..., 0]

    size = max(1, AT_ONCE // max(1, g.shape[0] * g.shape[1] * len(weight)))
    again = size < f.shape[1] and torch.is_grad_enabled()
    parts = [f[:, start : start + size] for start in range(0, max(f.shape[1], 1), size)]
    pieces = [
        checkpoint(piece, part, g, weight, bias, use_reentrant=False) if again else piece(part, g, weight, bias)
        for part in parts
    ]
    blanks, labels = zip(*pieces, strict=True)
    return torch.cat(blanks, dim=1), torch.cat(labels, dim=1)


def _log_likelihood(blanks: Tensor, labels: Tensor, f_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """log P of each row, `(B,)`, from log-probabilities `(B, T, U + 1)` (equations 16 to 18).

    alpha[t, u] is the log-probability of having written u tokens by time step t. Within a time step it is a sum over
    the place s ≤ u that was reached in the time step before, each followed by the tokens s to u: with c the sum of the
    labels before each place, c[u] + log Σ_s e^(alpha[t - 1, s] + blanks[t - 1, s] - c[s]).
    """
    rows, time_steps, places = blanks.shape
    written = torch.nn.functional.pad(labels[:, :, :-1].cumsum(dim=2), (1, 0))
    reached: list[Tensor] = []
    for t in range(time_steps):
        places_before = (reached[-1] - written[:, t]).logcumsumexp(dim=1) if t else 0.0
        reached.append(written[:, t] + places_before + blanks[:, t])
    # A row without time steps writes nothing, for certain.
    nothing = torch.full((rows, 1, places), -torch.inf, dtype=blanks.dtype, device=blanks.device)
    nothing[:, :, 0] = 0.0
    ends = torch.cat([nothing, torch.stack(reached, dim=1)], dim=1) if reached else nothing
    return ends[torch.arange(rows, device=ends.device), f_lengths, target_lengths]
