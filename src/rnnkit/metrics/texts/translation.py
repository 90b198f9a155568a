"""How near translations are to those of people: BLEU (Papineni et al. 2002) and chrF (Popović 2015), by sacrebleu
(Post 2018)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from rnnkit.data.tokenizers.word import rule_for
from rnnkit.metrics.labels.classification import with_intervals


def bleu_tokenizer(references: Sequence[Sequence[str]]) -> str:
    """How sacrebleu is to cut texts: not at all where they are cut already."""
    texts = [text for own in references[:2000] for text in own]
    return "none" if rule_for(texts) == "spaces" else "13a"


def score_translations(found: Sequence[str], references: Sequence[Sequence[str]], tokenizer: str) -> dict[str, Any]:
    """BLEU and chrF of texts, each with any number of references, from 0 to 100, with 95 % intervals and with
    sacrebleu's signatures."""
    if not found:
        return {}
    most = max(map(len, references), default=0)
    streams: Any = [[own[n] if n < len(own) else None for own in references] for n in range(most)]
    judges: dict[str, Any] = {"bleu": BLEU(tokenize=tokenizer, force=True), "chrf": CHRF()}
    scores: dict[str, Any] = {}
    for name, judge in judges.items():
        # Of each text by itself, so that resampling adds numbers up instead of counting n-grams again.
        counts = np.array(judge._extract_corpus_statistics(list(found), streams))
        scores.update(with_intervals({name: _scored(judge, counts)}, len(found)))
        scores[f"{name}_signature"] = str(judge.get_signature())
    return scores


def _scored(judge: Any, counts: NDArray[Any]) -> Callable[[NDArray[np.int64]], float]:
    return lambda chosen: float(judge._compute_score_from_stats(counts[chosen].sum(axis=0).tolist()).score)
