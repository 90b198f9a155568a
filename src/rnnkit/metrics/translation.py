"""How near translations are to those of people: BLEU (Papineni et al. 2002) and chrF (Popović 2015), by sacrebleu
(Post 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sacrebleu.metrics import BLEU, CHRF

from rnnkit.data.tokenizers.word import rule_for

RESAMPLES = 200
"""of a score's 95 % interval"""


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
    scores: dict[str, Any] = {}
    for name, metric in (("bleu", BLEU(tokenize=tokenizer, force=True)), ("chrf", CHRF())):
        resampled = RESAMPLES if len(found) > 1 else 1
        found_score: Any = metric.corpus_score(list(found), streams, n_bootstrap=resampled)
        scores[name] = float(found_score.score)
        if resampled > 1:
            centre, half = found_score._mean, found_score._ci
            scores[f"{name}_interval"] = [float(centre - half), float(centre + half)]
        scores[f"{name}_signature"] = str(metric.get_signature())
    return scores
