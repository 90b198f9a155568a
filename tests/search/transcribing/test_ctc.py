"""Prefix beam search against all alignments, and the likeliest alignment against all."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnkit.heads import CTC
from rnnkit.heads.ctc import merged
from rnnkit.search.transcribing import PrefixBeam, align, prefix_beam_search
from rnnkit.sequence import SequenceBatch

T, V = 5, 3
EVERYTHING = 200


def scores_of(seed: int, rows: int = 1, time_steps: int = T, tokens: int = V) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    made: Tensor = (2 * torch.randn(rows, time_steps, tokens, generator=generator, dtype=torch.float64)).log_softmax(2)
    return made


def every_text(log_probs: Tensor) -> dict[tuple[int, ...], float]:
    """The probability of each text, by going through all alignments."""
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        text = tuple(merged(path))
        found[text] += float(log_probs[range(len(path)), list(path)].sum().exp())
    return dict(found)


class Bigrams:
    """A scorer whose state is the token before."""

    begin = 0

    def __init__(self, table: Tensor) -> None:
        self.table = table

    def start(self, context: Any = None) -> Any:
        return (torch.zeros(1, dtype=torch.int64),)

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        return self.table[tokens], (tokens,)


@pytest.mark.parametrize("seed", range(4))
def test_a_beam_of_everything_finds_every_text_with_its_probability(seed: int) -> None:
    log_probs = scores_of(seed)
    found = prefix_beam_search(SequenceBatch.full(log_probs), PrefixBeam(EVERYTHING))
    wanted = every_text(log_probs[0])
    count = int((found.log_probs[0] > -torch.inf).sum())
    assert count == len(wanted)
    for place in range(count):
        text = tuple(found.best(0, place))
        assert float(found.log_probs[0, place].exp()) == pytest.approx(wanted[text], rel=1e-9)
    assert found.log_probs[0, :count].exp().sum() == pytest.approx(1)
    assert (found.scores[0].diff()[: count - 1] <= 0).all()


def test_the_loss_of_a_text_is_its_probability() -> None:
    log_probs, head = scores_of(1), CTC(V, V).double()
    with torch.no_grad():
        head.linear.weight.copy_(torch.eye(V))
        head.linear.bias.zero_()
    for text, probability in every_text(log_probs[0]).items():
        tokens = SequenceBatch(torch.tensor([[*text, 0]]), torch.tensor([len(text)]))
        loss = head.loss(SequenceBatch.full(log_probs), tokens)
        assert float(loss.detach().exp()) == pytest.approx(1 / probability)
    too_long = SequenceBatch(torch.tensor([[1, 1, 1, 1]]), torch.tensor([4]))
    assert CTC(1, 2).least_time_steps([1, 1, 1, 1]) == 7
    assert float(head.loss(SequenceBatch.full(log_probs), too_long).detach()) == 0


@pytest.mark.parametrize("seed", range(3))
def test_with_a_scorer_too_the_best_is_the_best_of_all(seed: int) -> None:
    log_probs = scores_of(seed)
    table = scores_of(9, 1, V, V)[0]
    found = prefix_beam_search(SequenceBatch.full(log_probs), PrefixBeam(EVERYTHING), Bigrams(table))

    def score(text: tuple[int, ...], probability: float) -> float:
        pairs = itertools.pairwise((0, *text, 0))
        return float(np.log(probability)) + sum(float(table[one, other]) for one, other in pairs)

    ranked = sorted((score(*pair) for pair in every_text(log_probs[0]).items()), reverse=True)
    assert found.scores[0, : len(ranked)].tolist() == pytest.approx(ranked)


def test_a_row_has_the_same_texts_alone_as_in_company() -> None:
    log_probs, lengths = scores_of(5, 4, 9, 6), torch.tensor([9, 4, 0, 7])
    beam, scorer = PrefixBeam(4, likeliest=3), Bigrams(scores_of(8, 1, 6, 6)[0])
    together = prefix_beam_search(SequenceBatch(log_probs, lengths), beam, scorer)
    for row, length in enumerate(lengths.tolist()):
        alone = prefix_beam_search(SequenceBatch.full(log_probs[row : row + 1, :length]), beam, scorer)
        for place in range(4):
            assert together.best(row, place) == alone.best(0, place)
        torch.testing.assert_close(together.scores[row], alone.scores[0])
    assert together.best(2) == []


def test_the_alignment_is_the_likeliest_of_all() -> None:
    for seed in range(4):
        log_probs = scores_of(seed)[0].numpy()
        for tokens in ([1], [1, 2], [1, 1], [2, 1, 2]):
            paths = [p for p in itertools.product(range(V), repeat=T) if merged(p) == tokens]
            best = max(paths, key=lambda path: log_probs[range(T), list(path)].sum())
            placed = align(log_probs, tokens)
            assert [one.token for one in placed] == tokens
            for one in placed:
                assert set(best[one.start : one.stop]) == {one.token}
                assert one.confidence == pytest.approx(np.exp(log_probs[one.start : one.stop, one.token].max()))
            assert sum(one.stop - one.start for one in placed) == sum(token != 0 for token in best)
    assert align(scores_of(0)[0].numpy(), [1, 1, 1, 1]) == []
    assert align(scores_of(0)[0].numpy(), []) == []


@pytest.mark.parametrize("count", [63, 64, 300])
def test_long_texts_are_placed_too(count: int) -> None:
    """Tokens that last two time steps each, with a blank between."""
    tokens = [1 + number % 3 for number in range(count)]
    log_probs = np.full((3 * count, 4), np.log(0.01))
    for number, token in enumerate(tokens):
        log_probs[3 * number : 3 * number + 2, token] = np.log(0.97)
        log_probs[3 * number + 2, 0] = np.log(0.97)
    placed = align(log_probs, tokens)
    assert [(one.token, one.start, one.stop) for one in placed] == [
        (token, 3 * number, 3 * number + 2) for number, token in enumerate(tokens)
    ]
