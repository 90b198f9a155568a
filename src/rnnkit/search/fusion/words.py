"""A model of words as a scorer over shorter tokens: what a word counts is known letter by letter."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

MOST = 100_000
"""states that are remembered when a search begins; with more, those of searches before are forgotten"""


class WordModel(Protocol):
    """What knows how likely words follow each other."""

    def first(self) -> Hashable:
        """What is remembered before the first word."""

    def follow(self, before: Hashable, word: str) -> tuple[float, Hashable]:
        """The log-probability of a word, in nats, and what is remembered after it."""

    def end(self, before: Hashable) -> float:
        """The log-probability that a text ends there."""

    def words(self) -> Mapping[str, float]:
        """The words that it has, with their log-probabilities, whatever comes before."""

    def unknown(self, letters: str) -> float:
        """At most the log-probability of a word that it has not and that begins so."""


class WordScorer:
    """`pieces[v]` is how token v reads; tokens with a space in them end words, and so does the end of the text. A state
    is the number of what was remembered: words before, and the letters since.

    While a word is not over, it counts as the likeliest word that begins so would, whatever came before; what is right
    about it is added when it is over (language model look-ahead: Ortmanns, Ney and Eiden 1996). So texts have the same
    scores in the end, and letters that begin no word are left early. It serves one search at a time.
    """

    begin = 0

    def __init__(self, model: WordModel, pieces: Sequence[str]) -> None:
        self.model, self._pieces = model, list(pieces)
        self._forget()
        self._begun: dict[str, float] = {}
        for word, log_prob in model.words().items():
            for count in range(1, len(word) + 1):
                self._begun[word[:count]] = max(self._begun.get(word[:count], -torch.inf), log_prob)

    def start(self, context: Any = None) -> Any:
        """One row, before the first token of a search."""
        if len(self._places) > MOST:
            self._forget()
        return (torch.full((1,), -1),)

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Each row's token goes in, to what is added for the next."""
        (before,) = state
        pairs = zip(before.tolist(), tokens.tolist(), strict=True)
        after = [0 if place < 0 else self._number(self._read(place, token)[1]) for place, token in pairs]
        return torch.stack([self._log_probs(place) for place in after]), (torch.tensor(after),)

    def _forget(self) -> None:
        self._places: list[tuple[Hashable, str]] = [(self.model.first(), "")]
        self._numbers = {self._places[0]: 0}
        self._next: dict[int, Tensor] = {}
        self._words: dict[tuple[Hashable, str], tuple[float, Hashable]] = {}

    def _log_probs(self, place: int) -> Tensor:
        found = self._next.get(place)
        if found is None:
            found = torch.zeros(len(self._pieces), dtype=torch.float64)
            for token in range(1, len(self._pieces)):
                found[token] = self._read(place, token)[0]
            found[0] = self._ended(place)
            self._next[place] = found
        return found

    def _read(self, place: int, token: int) -> tuple[float, tuple[Hashable, str]]:
        """What a token adds at a place, and where it leads."""
        before, letters = self._places[place]
        total = -self._ahead(letters)
        *whole, letters = (letters + self._pieces[token]).split(" ")
        for word in whole:
            if word:
                own, before = self._follow(before, word)
                total += own
        return total + self._ahead(letters), (before, letters)

    def _ended(self, place: int) -> float:
        before, letters = self._places[place]
        own, before = self._follow(before, letters) if letters else (0.0, before)
        return own + self.model.end(before) - self._ahead(letters)

    def _ahead(self, letters: str) -> float:
        """What a word that begins so counts as long as it is not over."""
        if not letters:
            return 0.0
        return max(self._begun.get(letters, -torch.inf), self.model.unknown(letters))

    def _follow(self, before: Hashable, word: str) -> tuple[float, Hashable]:
        key = before, word
        if key not in self._words:
            self._words[key] = self.model.follow(before, word)
        return self._words[key]

    def _number(self, place: tuple[Hashable, str]) -> int:
        if place not in self._numbers:
            self._numbers[place] = len(self._places)
            self._places.append(place)
        return self._numbers[place]
