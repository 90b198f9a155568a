"""The likeliest next words of a model whose tokens are shorter than words: best-first over their beginnings."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.models import LanguageModel
from rnnkit.models.language_model import Memory

UNFOLLOWED = 0.05
"""What the beginnings not yet followed may weigh together, as a share of the last suggestion, for a search to end."""


Grow: TypeAlias = Callable[[str, int, bool], tuple[str, bool]]
"""a word's beginning, a token, and whether that is the first after the text, to the word with the token's text added,
and whether the word is over with it"""


class Suggestion(NamedTuple):
    """A word that may come next."""

    word: str
    probability: float
    """of the next word being this one, given the text before"""


@dataclass(order=True)
class _Beginning:
    """Some letters of a word, and the model after them."""

    nats: float
    order: int
    word: str = field(compare=False)
    log_probs: Tensor = field(compare=False)
    state: Memory = field(compare=False)


def next_words(
    model: LanguageModel,
    grow: Grow,
    log_probs: Tensor,
    state: Memory,
    begun: str,
    count: int,
    banned: Sequence[int] = (),
    expansions: int = 400,
) -> list[Suggestion]:
    """The `count` likeliest words after a text, `log_probs` `(V,)` being those of its next token.

    `begun` is the part of a word at the text's end, if it ends inside one: it may go on, or the word may be
    over and the next begin. White space and marks before a word's first letter are passed over. The
    probability of a word is the sum over the ways to write it that were followed, so it is a lower bound;
    at most `expansions` beginnings are followed, the likeliest first.
    """
    order = itertools.count()
    found: dict[str, float] = {}
    queue = [_Beginning(0.0, next(order), begun, log_probs, state)]
    with torch.inference_mode():
        for _ in range(expansions):
            best = heapq.nlargest(count, found.values())
            left = sum(math.exp(-place.nats) for place in queue)
            if not queue or (len(best) == count and left < UNFOLLOWED * best[-1]):
                break
            place = heapq.heappop(queue)
            _expand(model, grow, place, begun, found, queue, order, banned)
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [Suggestion(word, probability) for word, probability in ranked[:count]]


def _expand(
    model: LanguageModel,
    grow: Grow,
    place: _Beginning,
    begun: str,
    found: dict[str, float],
    queue: list[_Beginning],
    order: itertools.count[int],
    banned: Sequence[int],
) -> None:
    allowed = place.log_probs.clone()
    if banned:
        allowed[list(banned)] = -torch.inf
    chosen = (allowed > allowed.max() - 12).nonzero()[:, 0]
    chosen = chosen[allowed[chosen].argsort(descending=True)][:64]
    open_tokens: list[tuple[int, str, float]] = []
    for token in chosen.tolist():
        nats = place.nats - float(allowed[token])
        word, over = grow(place.word, token, place.nats == 0.0)
        if over:
            found[word] = found.get(word, 0.0) + math.exp(-nats)
        else:
            open_tokens.append((token, word, nats))
    least = min(found.values(), default=0.0) if len(found) > 50 else 0.0
    open_tokens = [entry for entry in open_tokens if math.exp(-entry[2]) > max(least, 1e-5)]
    if not open_tokens:
        return
    rows = states.map_state(lambda leaf: leaf.expand(len(open_tokens), *leaf.shape[1:]), place.state)
    device = place.log_probs.device
    features, after = model.step(torch.tensor([entry[0] for entry in open_tokens], device=device), rows)
    following = model.head.log_probs(features)
    for row, (_, word, nats) in enumerate(open_tokens):
        own = states.rows(after, slice(row, row + 1))
        heapq.heappush(queue, _Beginning(nats, next(order), word, following[row], own))
