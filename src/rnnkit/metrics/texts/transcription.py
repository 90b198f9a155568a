"""How near transcripts are to what was said or written: word and character error rates, by jiwer (Morris, Maier and
Green 2004), and which characters are taken for which."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

import jiwer
import numpy as np
from numpy.typing import NDArray

from rnnkit.metrics.labels.classification import with_intervals

NOTHING = "(nothing)"
"""in confusions, what stands for a character that is missing, or too many"""


def score_transcripts(found: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The word and the character error rate, in percent, with 95 % intervals: edits (substitutions, deletions,
    insertions) over the words or characters of the references, each text's first. Texts are compared as they are, case
    and punctuation too, in the composed form of Unicode (NFC)."""
    if not found:
        return {}
    texts = [unicodedata.normalize("NFC", text) for text in found]
    right = [unicodedata.normalize("NFC", own[0]) for own in references]
    words, characters = edits(right, texts, "words"), edits(right, texts, "characters")
    rates = {
        "word_error_rate": lambda chosen: rate_of(words[chosen]),
        "character_error_rate": lambda chosen: rate_of(characters[chosen]),
    }
    exact = float(np.mean([one == other for one, other in zip(texts, right, strict=True)]))
    return {**with_intervals(rates, len(found)), "whole_texts_right": 100 * exact}


def edits(references: Sequence[str], found: Sequence[str], unit: str) -> NDArray[np.int64]:
    """The edits between each pair of texts, and the length of the first, in `words` or in characters: `(N, 2)`."""
    process = jiwer.process_words if unit == "words" else jiwer.process_characters
    made = []
    for right, text in zip(references, found, strict=True):
        if not right.split() or not text.split():
            length, other = (len(one.split() if unit == "words" else one.strip()) for one in (right, text))
            made.append((max(length, other), length))
            continue
        one = process(right, text)
        wrong = one.substitutions + one.deletions + one.insertions
        made.append((wrong, one.hits + one.substitutions + one.deletions))
    return np.array(made, dtype=np.int64).reshape(-1, 2)


def rate_of(counts: NDArray[np.int64]) -> float:
    """Edits per word or character, in percent; of texts without any, 0 or 100."""
    wrong, length = counts.sum(axis=0).tolist()
    return 100.0 * wrong / length if length else 100.0 * bool(wrong)


def characters_for(found: Sequence[str], references: Sequence[str]) -> Counter[tuple[str, str]]:
    """How often each character was wanted and each was found in its place, right ones too; `(nothing)` stands for one
    that is missing, or too many."""
    counts: Counter[tuple[str, str]] = Counter()
    for right, text in zip(references, found, strict=True):
        if not right.split() or not text.split():
            counts.update((one, NOTHING) for one in right)
            counts.update((NOTHING, one) for one in text)
            continue
        for chunk in jiwer.process_characters(right, text).alignments[0]:
            wanted = right[chunk.ref_start_idx : chunk.ref_end_idx]
            written = text[chunk.hyp_start_idx : chunk.hyp_end_idx]
            width = max(len(wanted), len(written))
            counts.update(zip(_filled(wanted, width), _filled(written, width), strict=True))
    return counts


def _filled(text: str, width: int) -> list[str]:
    return [*text, *[NOTHING] * (width - len(text))]


def commonest_mistakes(counts: Counter[tuple[str, str]], most: int = 20) -> list[dict[str, Any]]:
    """The commonest pairs of `characters_for` that are mistakes, and how often they occur."""
    wrong = Counter({pair: count for pair, count in counts.items() if pair[0] != pair[1]})
    return [{"wanted": one, "found": other, "count": n} for (one, other), n in wrong.most_common(most)]


def confusion_of(counts: Counter[tuple[str, str]]) -> dict[str, Any]:
    """The pairs of `characters_for` as a table: `labels`, the characters and `(nothing)` last, and `counts`, of which a
    row is what was found for a character."""
    labels = [*sorted({one for pair in counts for one in pair} - {NOTHING}), NOTHING]
    return {"labels": labels, "counts": [[counts[one, other] for other in labels] for one in labels]}
