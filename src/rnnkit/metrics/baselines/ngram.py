"""The baseline of every language model: an interpolated n-gram model of the same tokens.

Modified Kneser-Ney smoothing, interpolated (Chen and Goodman 1999): each order's counts are discounted by
one of three amounts, what is freed goes to the next lower order, and lower orders count in how many
contexts a token was seen, not how often. All of it is array work: an n-gram is the number of its first
n − 1 tokens' row in the table below, and its last token.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.arrays import Floats
from rnnkit.checkpoint import load, save

Ints = NDArray[np.int64]


class Order(NamedTuple):
    """The n-grams of one length. A row's number is its place in `keys`."""

    keys: Ints
    """sorted; the number of the n-gram's beginning, times V, plus its last token"""
    probability: NDArray[np.float32]
    """discounted share of its context's count"""
    freed: NDArray[np.float32]
    """for each row of the order below (for unigrams: one number), the share left to that order"""


class NgramModel:
    """An n-gram model over V tokens, orders 1 to `len(orders)`."""

    name = "interpolated Kneser-Ney"

    def __init__(self, vocabulary: int, orders: list[Order], learned_from: int) -> None:
        self.vocabulary, self.orders = vocabulary, orders
        self.learned_from = learned_from
        """of how many tokens it was learned"""
        first = orders[0]
        self.alone: Floats = first.probability.astype(np.float64) + float(first.freed[0]) / vocabulary
        """p of each token `(V,)`, whatever comes before"""

    @property
    def _longer(self) -> list[Order]:
        """The orders above the first that have any n-gram."""
        return [order for order in self.orders[1:] if len(order.keys)]

    @classmethod
    def learn(cls, tokens: NDArray[np.integer], vocabulary: int, order: int) -> NgramModel:
        """The model of orders up to `order` of one run of tokens `(N,)`, N ≥ 1."""
        places = [tokens.astype(np.int64)]
        tables: list[Ints] = [np.arange(vocabulary, dtype=np.int64)]
        for _ in range(1, order):
            keys = _keys(places[-1], places[0], vocabulary)
            known, numbers = np.unique(keys[keys >= 0], return_inverse=True)
            place = np.full(len(tokens), -1, dtype=np.int64)
            place[keys >= 0] = numbers
            tables.append(known)
            places.append(place)
        orders = []
        for depth in range(order):
            counts = _counts(depth, places, tables)
            below = len(tables[depth - 1]) if depth else 1
            context = tables[depth] // vocabulary if depth else np.zeros(vocabulary, dtype=np.int64)
            orders.append(Order(tables[depth], *_discounted(counts, context, below)))
        return cls(vocabulary, orders, len(tokens))

    def probabilities(self, tokens: NDArray[np.integer]) -> Floats:
        """p of each token but the first `(N − 1,)`, given those before it, of a run of tokens `(N,)`."""
        words = tokens.astype(np.int64)
        found = self.alone[words]
        context = words
        for order in self._longer:
            keys = _keys(context, words, self.vocabulary)
            place = _find(order.keys, keys)
            before = np.concatenate([[-1], context[:-1]])
            seen = before >= 0
            own = np.where(place >= 0, order.probability[np.maximum(place, 0)], 0.0)
            found = np.where(seen, own + order.freed[np.maximum(before, 0)] * found, found)
            context = place
        return found[1:]

    def distributions(self, tokens: NDArray[np.integer]) -> NDArray[np.float32]:
        """p of every token `(N − 1, V)` where `probabilities` gives that of one. For small vocabularies."""
        words = tokens.astype(np.int64)
        found = np.repeat(self.alone[None].astype(np.float32), len(words) - 1, axis=0)
        context = words
        for order in self._longer:
            before = context[:-1]
            seen = np.flatnonzero(before >= 0)
            found[seen] *= order.freed[before[seen]][:, None]
            low = np.searchsorted(order.keys, before[seen] * self.vocabulary)
            high = np.searchsorted(order.keys, (before[seen] + 1) * self.vocabulary)
            rows = np.repeat(seen, high - low)
            starts = np.repeat(low - np.concatenate([[0], np.cumsum(high - low)[:-1]]), high - low)
            index = np.arange(len(rows)) + starts
            found[rows, order.keys[index] % self.vocabulary] += order.probability[index]
            context = _find(order.keys, _keys(context, words, self.vocabulary))
        return found

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        save(path, "baseline", self.tensors, {"name": self.name})

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        """All that it knows, by name."""
        tables = {
            f"{depth}.{name}": array
            for depth, order in enumerate(self.orders)
            for name, array in order._asdict().items()
        }
        arrays = {**tables, "learned_from": np.array([self.learned_from])}
        return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}

    @classmethod
    def load(cls, path: Path) -> NgramModel:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        return cls.of(load(path, "baseline")[0])

    @classmethod
    def of(cls, tensors: dict[str, torch.Tensor]) -> NgramModel:
        """The model of `tensors`."""
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        depths = 1 + max(int(name.split(".")[0]) for name in arrays if "." in name)
        orders = [Order(*(arrays[f"{depth}.{name}"] for name in Order._fields)) for depth in range(depths)]
        return cls(len(orders[0].keys), orders, int(arrays["learned_from"][0]))


def _keys(context: Ints, words: Ints, vocabulary: int) -> Ints:
    """The key of the n-gram that ends at each place, from the numbers of the (n−1)-grams; −1 where unknown."""
    before = np.concatenate([[-1], context[:-1]])
    return np.where(before >= 0, before * vocabulary + words, -1)


def _find(known: Ints, keys: Ints) -> Ints:
    """The place of each key in sorted `known`, −1 where it is not there."""
    if not len(known):
        return np.full(len(keys), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[place] == keys, place, -1)


def _counts(depth: int, places: list[Ints], tables: list[Ints]) -> Ints:
    """How often each n-gram occurred; below the highest order, after how many different tokens."""
    size = len(tables[depth])
    if depth + 1 == len(tables):
        place = places[depth]
        return np.bincount(place[place >= 0], minlength=size)
    longer = places[depth + 1]
    inside = np.flatnonzero(longer >= 0)
    _, first = np.unique(longer[inside], return_index=True)
    return np.bincount(places[depth][inside[first]], minlength=size)


def _discounted(counts: Ints, context: Ints, contexts: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Each n-gram's discounted share, and what each context frees for the order below."""
    n = [int((counts == times).sum()) for times in range(1, 5)]
    ratio = n[0] / max(n[0] + 2 * n[1], 1)
    steps = [times - (times + 1) * ratio * n[times] / n[times - 1] if n[times - 1] else 0.5 for times in (1, 2, 3)]
    cut = np.array([0.0, *(min(max(step, 0.1), 0.9 * times) for times, step in enumerate(steps, start=1))])
    discount = cut[np.minimum(counts, 3)]
    total = np.bincount(context, weights=counts, minlength=contexts)
    freed = np.bincount(context, weights=discount, minlength=contexts)
    safe = np.where(total > 0, total, 1.0)
    share = (counts - discount) / safe[context]
    # A context that was never continued leaves everything to the order below.
    return share.astype(np.float32), np.where(total > 0, freed / safe, 1.0).astype(np.float32)
