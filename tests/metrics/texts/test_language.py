"""The n-gram baseline is scored on the same tokens as the model, whatever the blocks."""

from __future__ import annotations

import numpy as np
import pytest

from rnnkit.data.texts.corpus import Corpus, CorpusSize
from rnnkit.metrics import NgramModel, score_baseline

TOKENS = np.concatenate([[0], np.random.default_rng(0).integers(2, 11, 60)]).astype(np.uint8)
STREAM = Corpus(TOKENS, None, CorpusSize(60, 60, 0, 0, 1))
UNITS = Corpus(np.append(TOKENS[1:], 0).astype(np.uint8), np.array([0, 61]), CorpusSize(61, 61, 0, 1, 1))


@pytest.mark.parametrize("block", [5, 1000])
def test_the_baseline_is_scored_on_the_same_tokens(block: int) -> None:
    baseline = NgramModel.learn(TOKENS, 11, 3)
    expected = -np.log(baseline.probabilities(TOKENS)).sum()
    for corpus in (STREAM, UNITS):
        found = score_baseline(baseline, corpus, block)
        extra = -np.log(baseline.probabilities(np.append(TOKENS, 0))[-1]) if corpus is UNITS else 0
        assert found.nats == pytest.approx(expected + extra, rel=1e-6)
        assert found.tokens == corpus.size.tokens
        assert 0 <= found.first <= found.among_five <= found.tokens
