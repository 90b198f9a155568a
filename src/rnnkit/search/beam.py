"""Beam search: the likeliest answers of each source, some hypotheses of each followed side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.search.candidates import likeliest
from rnnkit.search.scorer import Scorer, repeated
from rnnkit.search.wanted import Wanted

Rule: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""What was written, `(R, T)`, and the log-probabilities `(R, V)` of the next token, to the same with -inf for those
that may not come"""


class Hypotheses(NamedTuple):
    """For each of n sources its K best answers, the best first."""

    tokens: Tensor
    """`(n, K, T)`, without the end; 0 beyond the length"""
    lengths: Tensor
    """`(n, K)`"""
    log_probs: Tensor
    """`(n, K)`: with the end, where there is one; -inf where there is no such hypothesis"""
    scores: Tensor
    """`(n, K)`: what they are ranked by"""

    def best(self, source: int, place: int = 0) -> list[int]:
        """The tokens of one hypothesis."""
        found: list[int] = self.tokens[source, place, : int(self.lengths[source, place])].tolist()
        return found


@dataclass(frozen=True)
class Beam:
    """How a search goes. A hypothesis of `t` tokens, its end counted, is ranked by its log-probability divided by
    ((5 + t) / 6)^`length_penalty` (Wu et al. 2016, equation 14); 0 ranks by the log-probability itself.

    A source's search ends with its `width`-th finished hypothesis, or when none can become one of the best; so with
    width 1 it is greedy search, and with a beam as wide as the tree it is exhaustive.
    """

    width: int = 5
    length_penalty: float = 1.0
    longest: int = 100
    """tokens, the end not counted"""
    shortest: int = 0
    """tokens before the end"""
    rules: Sequence[Rule] = ()

    def normaliser(self, length: Any) -> Any:
        """What the log-probability of so many tokens, the end counted, is divided by."""
        return ((5.0 + length) / 6.0) ** self.length_penalty


class _Kept:
    """The best finished hypotheses of n sources, filled as they come."""

    def __init__(self, sources: int, width: int, longest: int, device: torch.device) -> None:
        self.tokens = torch.zeros(sources, width, longest, dtype=torch.int64, device=device)
        self.lengths = torch.zeros(sources, width, dtype=torch.int64, device=device)
        self.log_probs = torch.full((sources, width), -torch.inf, dtype=torch.float64, device=device)
        self.scores = torch.full_like(self.log_probs, -torch.inf)
        self.counts = torch.zeros(sources, dtype=torch.int64, device=device)

    def add(self, sources: Tensor, tokens: Tensor, log_probs: Tensor, scores: Tensor) -> None:
        """Further hypotheses `(m, K)` of some sources `(m,)`, with tokens `(m, K, t)`; a score of -inf is none."""
        width, length = self.scores.shape[1], tokens.shape[2]
        self.counts[sources] += (scores > -torch.inf).sum(dim=1)
        together = torch.cat([self.scores[sources], scores], dim=1)
        best = together.topk(width, dim=1)
        padded = torch.nn.functional.pad(tokens, (0, self.tokens.shape[2] - length))
        for own, others in (
            (self.tokens, padded),
            (self.lengths, torch.full_like(scores, length, dtype=torch.int64)),
            (self.log_probs, log_probs),
        ):
            joined = torch.cat([own[sources], others.to(own)], dim=1)
            index = best.indices.view(*best.indices.shape, *[1] * (joined.dim() - 2)).expand(-1, -1, *joined.shape[2:])
            own[sources] = joined.gather(1, index)
        self.scores[sources] = best.values.to(self.scores)
        none = self.scores == -torch.inf
        self.tokens.masked_fill_(none[:, :, None], 0)
        self.lengths.masked_fill_(none, 0)
        self.log_probs.masked_fill_(none, -torch.inf)


def beam_search(
    scorer: Scorer,
    beam: Beam,
    *,
    end: int,
    context: Any = None,
    longest: Tensor | None = None,
    adjust: Callable[[Any], Tensor] | None = None,
    wanted: Wanted | None = None,
) -> Hypotheses:
    """The `beam.width` best answers for each row of the context, or one without a context.

    `longest` `(n,)` is each source's own greatest length. `adjust` says from states what is added to the score of a
    hypothesis that ends there, `(B,)`, at most 0, such as a coverage penalty. `wanted` says what answers must hold. A
    finished source costs nothing more.
    """
    width = beam.width
    state = scorer.start(context)
    count, device = states.count_rows(state), next(states.leaves(state)).device
    state = repeated(state, width)
    limits = torch.full((count,), beam.longest) if longest is None else longest.clamp(max=beam.longest)
    limits, most = limits.to(device), int(limits.max()) if count else 0
    kept = _Kept(count, width, most, device)
    sources = torch.arange(count, device=device)
    tokens = torch.zeros(count, width, 0, dtype=torch.int64, device=device)
    # At first all rows of a source are the same, so one of them counts.
    totals = torch.full((count, width), -torch.inf, dtype=torch.float64, device=device)
    totals[:, 0] = 0.0
    last = torch.full((count * width,), scorer.begin, device=device)
    for time in range(most + 1):
        if not len(sources):
            break
        log_probs, state = scorer.extend(last, state)
        log_probs = _ruled(log_probs, tokens, beam, end, time)
        log_probs = _ended(log_probs, limits[sources] == time, width, end)
        bonus = adjust(state).view(-1, width) if adjust is not None else torch.zeros_like(totals)
        found = likeliest(totals, log_probs, width, end)
        if wanted is not None:
            found = wanted(found, totals, log_probs, tokens, sources, end)
        scores = found.totals / beam.normaliser(time + 1) + bonus.gather(1, found.parents)
        kept.add(sources, continued(tokens, found.parents), found.totals, scores.masked_fill(~found.ends, -torch.inf))
        found = found.going(width, end)
        tokens = torch.cat([continued(tokens, found.parents), found.tokens[:, :, None]], dim=2)
        totals = found.totals
        hopes = totals.amax(dim=1) / beam.normaliser(limits[sources] + 1)
        going = (kept.counts[sources] < width) & (hopes > kept.scores[sources, -1])
        rows = (torch.arange(len(sources), device=device)[:, None] * width + found.parents)[going].flatten()
        sources, tokens, totals = sources[going], tokens[going], totals[going]
        state, last = states.rows(state, rows), found.tokens[going].flatten()
    used = int(kept.lengths.max()) if count else 0
    return Hypotheses(kept.tokens[:, :, :used], kept.lengths, kept.log_probs, kept.scores)


def _ruled(log_probs: Tensor, tokens: Tensor, beam: Beam, end: int, time: int) -> Tensor:
    """The log-probabilities `(R, V)` with what may not come next at -inf."""
    if time < beam.shortest:
        log_probs = log_probs.index_fill(1, torch.tensor([end], device=log_probs.device), -torch.inf)
    for rule in beam.rules:
        log_probs = rule(tokens.flatten(0, 1), log_probs)
    return log_probs


def _ended(log_probs: Tensor, over: Tensor, width: int, end: int) -> Tensor:
    """The same where sources `(n,)` are `over`: the end alone may come, and costs nothing where it is cut off."""
    if not bool(over.any()):
        return log_probs
    cut = torch.full_like(log_probs, -torch.inf)
    cut[:, end] = 0.0
    return torch.where(over.repeat_interleave(width)[:, None], cut, log_probs)


def continued(tokens: Tensor, parents: Tensor) -> Tensor:
    """The tokens `(n, K, T)` of the hypotheses `(n, C)` that others continue."""
    return tokens.gather(1, parents[:, :, None].expand(-1, -1, tokens.shape[2]))
