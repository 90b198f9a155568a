"""Scores: equal to the sum over steps, whatever the lanes; accuracy equal to counting."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from networks import language_model
from rnnkit.data.texts.chunks import once_through
from rnnkit.data.texts.corpus import Corpus, CorpusSize
from rnnkit.inspection.likelihood import nll_of, score

TOKENS = np.concatenate([[0], np.random.default_rng(0).integers(2, 11, 60)]).astype(np.uint8)
STREAM = Corpus(TOKENS, None, CorpusSize(60, 60, 0, 0, 1))


@pytest.mark.parametrize("head", ["full", "sampled", "adaptive"])
def test_the_score_is_that_of_stepping(head: str) -> None:
    torch.manual_seed(0)
    model = language_model("gru", head).double()
    nats, first, five = 0.0, 0, 0
    state = model.init_state(1)
    model.eval()
    for token, target in zip(TOKENS[:-1].tolist(), TOKENS[1:].tolist(), strict=True):
        features, state = model.step(torch.tensor([token]), state)
        log_probs = model.head.log_probs(features)[0]
        nats -= float(log_probs[target].detach())
        order = log_probs.argsort(descending=True).tolist()
        first, five = first + (order[0] == target), five + (target in order[:5])
    for accuracy in (True, False):
        found = score(model, once_through(STREAM, 7), accuracy=accuracy)
        assert found.nats == pytest.approx(nats, rel=1e-9)
        assert found.tokens == 60
    found = score(model, once_through(STREAM, 7), accuracy=True)
    assert (found.first, found.among_five) == (first, five)
    run = torch.from_numpy(TOKENS.astype(np.int64))
    assert float(nll_of(model, run)[0].sum()) == pytest.approx(nats, rel=1e-9)


def test_what_a_report_says() -> None:
    torch.manual_seed(0)
    found = score(language_model(), once_through(STREAM, 9), accuracy=False)
    report = found.report(characters=120, unknown=0)
    assert report["perplexity"] == pytest.approx(math.exp(report["loss"]))
    assert report["bits_per_character"] == pytest.approx(found.nats / math.log(2) / 120)
    assert report["accuracy"] is None
    assert found.report(characters=120, unknown=1)["bits_per_character"] is None


def test_scoring_leaves_the_mode_alone() -> None:
    model = language_model().train()
    score(model, once_through(STREAM, 9), accuracy=False)
    assert model.training
