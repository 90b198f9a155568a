"""How near captions are to those of people: BLEU-1 to BLEU-4 by sacrebleu, CIDEr-D (Vedantam et al. 2015)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from rnnkit.metrics.labels.classification import with_intervals

LONGEST = 4
"""words of an n-gram"""
SPREAD = 6.0
"""the deviation, in words, of what differing lengths cost in CIDEr-D"""
_word = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*")

Grams = Counter[tuple[str, ...]]


def caption_words(text: str) -> list[str]:
    """A caption's words in lower case, marks left out, as captions are compared.

    >>> caption_words("A man's dog runs .")
    ['a', "man's", 'dog', 'runs']
    """
    found: list[str] = _word.findall(text.lower())
    return found


def score_captions(found: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, Any]:
    """BLEU-1 to BLEU-4 and chrF from 0 to 100, CIDEr-D (1 is about what people reach among themselves), with 95 %
    intervals, and how many of the captions differ."""
    if not found:
        return {}
    words = [" ".join(caption_words(text)) for text in found]
    right = [[" ".join(caption_words(text)) for text in own] for own in references]
    streams: Any = [[own[n] if n < len(own) else None for own in right] for n in range(max(map(len, right)))]
    judges: dict[str, Any] = {
        f"bleu_{n}": BLEU(tokenize="none", max_ngram_order=n, force=True) for n in range(1, LONGEST + 1)
    }
    judges["chrf"] = CHRF()
    measures: dict[str, Callable[[NDArray[np.int64]], float]] = {}
    for name, judge in judges.items():
        measures[name] = _of_counts(judge, np.array(judge._extract_corpus_statistics(words, streams)))
    each = cider_d([text.split() for text in words], [[text.split() for text in own] for own in right])
    measures["cider_d"] = lambda chosen: float(each[chosen].mean())
    return {**with_intervals(measures, len(found)), "distinct_captions": len(set(found))}


def _of_counts(judge: Any, counts: NDArray[Any]) -> Callable[[NDArray[np.int64]], float]:
    return lambda chosen: float(judge._compute_score_from_stats(counts[chosen].sum(axis=0).tolist()).score)


def cider_d(found: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]) -> NDArray[np.float64]:
    """Each caption's CIDEr-D: 10 times the mean, over n-grams of 1 to 4 words and over its references, of the cosine of
    tf-idf weights, cut off at the reference's own, times e^(-d²/72), d being how many words the lengths differ. How
    rare an n-gram is says the set itself, so a few captions have no meaningful score."""
    grams = [[_grams(reference) for reference in own] for own in references]
    rarity = _rarity(grams)
    scores = np.zeros(len(found))
    for place, (words, own) in enumerate(zip(found, grams, strict=True)):
        mine = _weights(_grams(words), rarity, len(found))
        total = 0.0
        for reference, others in zip(references[place], own, strict=True):
            gap = math.exp(-((len(words) - len(reference)) ** 2) / (2 * SPREAD**2))
            total += gap * _likeness(mine, _weights(others, rarity, len(found)))
        scores[place] = 10 * total / max(len(own), 1)
    return scores


def _grams(words: Sequence[str]) -> list[Grams]:
    return [Counter(tuple(words[n : n + size]) for n in range(len(words) - size + 1)) for size in range(1, LONGEST + 1)]


def _rarity(grams: Sequence[Sequence[list[Grams]]]) -> Counter[tuple[str, ...]]:
    """In how many pictures' references each n-gram is."""
    return Counter(gram for own in grams for gram in {gram for sizes in own for size in sizes for gram in size})


def _weights(sizes: list[Grams], rarity: Counter[tuple[str, ...]], count: int) -> list[dict[tuple[str, ...], float]]:
    whole = math.log(max(count, 1))
    return [{gram: n * (whole - math.log(max(rarity[gram], 1))) for gram, n in own.items()} for own in sizes]


def _likeness(mine: list[dict[tuple[str, ...], float]], other: list[dict[tuple[str, ...], float]]) -> float:
    total = 0.0
    for one, two in zip(mine, other, strict=True):
        product = sum(min(weight, two[gram]) * two[gram] for gram, weight in one.items() if gram in two)
        lengths = math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in two.values()))
        total += product / lengths if lengths else 0.0
    return total / LONGEST
