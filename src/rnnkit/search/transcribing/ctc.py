"""Prefix beam search over the time steps of a CTC head: the likeliest texts, their alignments added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.heads import BLANK
from rnnkit.search.scorer import Scorer, repeated
from rnnkit.sequence import SequenceBatch

NEVER = -torch.inf
STEP = 1_000_003
"""what a prefix's fingerprint is multiplied by for each token"""


@dataclass(frozen=True)
class PrefixBeam:
    """How a search goes: `width` prefixes are followed side by side. With a width of all prefixes there are, it is
    exhaustive. Of each time step only the `likeliest` tokens are looked at, or all."""

    width: int = 16
    likeliest: int | None = None


class Texts(NamedTuple):
    """For each of n sources its K best texts, the best first."""

    tokens: Tensor
    """`(n, K, U)`; 0 beyond the length"""
    lengths: Tensor
    """`(n, K)`"""
    log_probs: Tensor
    """`(n, K)`: of all alignments with each source; -inf where there is no such text"""
    scores: Tensor
    """`(n, K)`: what they are ranked by, the scorer's log-probabilities added"""

    def best(self, source: int, place: int = 0) -> list[int]:
        """The tokens of one text."""
        found: list[int] = self.tokens[source, place, : int(self.lengths[source, place])].tolist()
        return found


class _Beam(NamedTuple):
    """The prefixes of n sources, `(n, K)` each unless said."""

    blank: Tensor
    """the log-probability of alignments that end in a blank"""
    token: Tensor
    """of those that end in the prefix's last token"""
    fused: Tensor
    """what the scorer says of the prefix"""
    tokens: Tensor
    """`(n, K, U)`"""
    lengths: Tensor
    own: Tensor
    """a fingerprint of the prefix"""
    parent: Tensor
    """that of the prefix without its last token"""

    @property
    def total(self) -> Tensor:
        """The log-probability of all alignments."""
        return torch.logaddexp(self.blank, self.token)

    @property
    def last(self) -> Tensor:
        """The last tokens; the blank of an empty prefix."""
        found = self.tokens.gather(2, (self.lengths - 1).clamp(min=0)[:, :, None])[:, :, 0]
        return torch.where(self.lengths > 0, found, BLANK)


class _Scored:
    """A scorer's states and next log-probabilities beside the prefixes `(n, K)`; without one, nothing."""

    def __init__(self, scorer: Scorer | None, sources: int, width: int, tokens: int) -> None:
        self.scorer, self.width = scorer, width
        self.next = torch.zeros(sources, width, tokens, dtype=torch.float64)
        if scorer is not None:
            state = repeated(scorer.start(), sources * width)
            begin = torch.full((sources * width,), scorer.begin)
            log_probs, self.state = scorer.extend(begin, state)
            self.next = log_probs.double().view(sources, width, tokens)

    def follow(self, parents: Tensor, tokens: Tensor, fresh: Tensor) -> None:
        """Prefixes `(n, K)` that continue `parents`, those that are `fresh` by a token."""
        if self.scorer is None:
            return
        count, width = parents.shape
        rows = (torch.arange(count)[:, None] * width + parents).flatten()
        self.state = states.rows(self.state, rows)
        self.next = self.next.flatten(0, 1)[rows]
        new = fresh.flatten().nonzero()[:, 0]
        if len(new):
            log_probs, after = self.scorer.extend(tokens.flatten()[new], states.rows(self.state, new))
            self.next[new] = log_probs.double()
            self.state = _replaced(self.state, new, after)
        self.next = self.next.view(count, width, -1)


def _replaced(state: Any, rows: Tensor, values: Any) -> Any:
    made = states.copied(state)
    states.put(made, values, rows)
    return made


def prefix_beam_search(log_probs: SequenceBatch, beam: PrefixBeam, scorer: Scorer | None = None) -> Texts:
    """The `beam.width` best texts of each row of log-probabilities `(n, T, V)` (Graves 2012, "Supervised sequence
    labelling", section 7.5.3; Hannun et al. 2014).

    What `scorer` says of each next token, and at the end of the end mark, is added to the score that prefixes are
    ranked by; its tokens are those of the head, so the end mark stands where the blank does.
    """
    values, lengths = log_probs.data.double().cpu(), log_probs.lengths.cpu()
    count, time_steps, tokens = values.shape
    found = _first(count, beam.width, int(lengths.max()) if count else 0)
    scored = _Scored(scorer, count, beam.width, tokens)
    for time in range(time_steps):
        going = lengths > time
        found = _stepped(found, values[:, time], going, beam, scored)
    return _ended(found, scored)


def _first(count: int, width: int, longest: int) -> _Beam:
    """The empty prefix, and places for others."""
    never = torch.full((count, width), NEVER, dtype=torch.float64)
    blank = never.clone()
    blank[:, 0] = 0.0
    zeros = torch.zeros(count, width, dtype=torch.int64)
    own = torch.arange(width).expand(count, width) * -STEP - 7  # the places have fingerprints that no prefix has
    own = own.clone()
    own[:, 0] = 1
    return _Beam(
        blank, never, torch.zeros_like(never), zeros[:, :, None].repeat(1, 1, longest), zeros, own,
        torch.full_like(own, -3),
    )  # fmt: skip


def _stepped(beam: _Beam, log_probs: Tensor, going: Tensor, how: PrefixBeam, scored: _Scored) -> _Beam:
    """The prefixes after a time step with log-probabilities `(n, V)`; where a source is over, those before it."""
    count, width = beam.own.shape
    tokens = log_probs.shape[1]
    total, last = beam.total, beam.last
    stays_blank = total + log_probs[:, None, BLANK]
    stays_token = torch.where(beam.lengths > 0, beam.token + log_probs.gather(1, last), NEVER)
    # A token like the last one begins another only after a blank.
    again = torch.nn.functional.one_hot(last, tokens).bool() & (beam.lengths > 0)[:, :, None]
    longer = torch.where(again, beam.blank[:, :, None], total[:, :, None]) + log_probs[:, None]
    longer = _masked(longer, log_probs, how)
    # A prefix that is followed already takes in what its parent becomes with its last token.
    is_parent = (beam.own[:, :, None] == beam.parent[:, None, :]) & (beam.lengths > 0)[:, None, :]
    taken = longer.gather(2, last[:, None, :].expand(-1, width, -1))  # (n, parent, child)
    stays_token = torch.logaddexp(stays_token, torch.where(is_parent, taken, NEVER).logsumexp(dim=1))
    held = torch.zeros_like(longer, dtype=torch.int64)
    held.scatter_add_(2, last[:, None, :].expand(-1, width, -1), is_parent.long())
    longer = longer.masked_fill(held > 0, NEVER)
    fused = beam.fused[:, :, None] + scored.next
    scores = torch.cat([torch.logaddexp(stays_blank, stays_token) + beam.fused, (longer + fused).flatten(1)], dim=1)
    best = scores.topk(width, dim=1).indices
    fresh = best >= width
    place = torch.where(fresh, best - width, 0)
    parents, added = torch.where(fresh, place // tokens, best), torch.where(fresh, place % tokens, 0)
    same = torch.arange(width).expand(count, width)
    fresh = fresh & going[:, None]
    parents = torch.where(going[:, None], parents, same)
    scored.follow(parents, added, fresh)
    flat = torch.where(fresh, parents * tokens + added, 0)
    kept = going[:, None]
    old = beam.lengths.gather(1, parents)
    written = beam.tokens.gather(1, parents[:, :, None].expand(-1, -1, beam.tokens.shape[2]))
    at = old.clamp(max=max(written.shape[2] - 1, 0))[:, :, None]
    written = written.scatter(2, at, torch.where(fresh, added, written.gather(2, at)[:, :, 0])[:, :, None])
    own = beam.own.gather(1, parents)
    return _Beam(
        torch.where(kept, torch.where(fresh, NEVER, stays_blank.gather(1, parents)), beam.blank),
        torch.where(
            kept, torch.where(fresh, longer.flatten(1).gather(1, flat), stays_token.gather(1, parents)), beam.token
        ),
        torch.where(fresh, fused.flatten(1).gather(1, flat), beam.fused.gather(1, parents)),
        written,
        old + fresh,
        torch.where(fresh, own * STEP + added + 11, own),
        torch.where(fresh, own, beam.parent.gather(1, parents)),
    )


def _masked(longer: Tensor, log_probs: Tensor, how: PrefixBeam) -> Tensor:
    """The prefixes `(n, K, V)` with one token more, without the blank, and without tokens that are not looked at."""
    longer[:, :, BLANK] = NEVER
    if how.likeliest is not None and how.likeliest + 1 < log_probs.shape[1]:
        looked_at = torch.zeros_like(log_probs, dtype=torch.bool)
        looked_at.scatter_(1, log_probs.topk(how.likeliest + 1, dim=1).indices, True)
        longer = longer.masked_fill(~looked_at[:, None], NEVER)
    return longer


def _ended(beam: _Beam, scored: _Scored) -> Texts:
    """The texts, the best first, the end mark counted."""
    total = beam.total
    scores = total + beam.fused + scored.next[:, :, BLANK]
    order = scores.sort(dim=1, descending=True, stable=True)
    lengths = beam.lengths.gather(1, order.indices)
    longest = int(lengths.max()) if lengths.numel() else 0
    tokens = beam.tokens.gather(1, order.indices[:, :, None].expand(-1, -1, beam.tokens.shape[2]))[:, :, :longest]
    total = total.gather(1, order.indices)
    none = order.values == NEVER
    return Texts(
        torch.where(torch.arange(longest) < lengths.masked_fill(none, 0)[:, :, None], tokens, 0),
        lengths.masked_fill(none, 0),
        total,
        order.values,
    )
