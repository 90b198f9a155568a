"""Beam search: exhaustive where the beam is as wide as the tree, greedy where it is 1, and the same in company."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.cores import CORES
from rnnkit.decoders import DECODERS
from rnnkit.encoders import Embedding
from rnnkit.heads import Categorical
from rnnkit.models import EncoderDecoder
from rnnkit.search import Beam, ModelScorer, beam_search, greedy
from rnnkit.sequence import SequenceBatch

KINDS, TOKENS, BEGIN, END = 9, 4, 0, 0
"""tokens of sources and answers; the first token that goes in, and the end"""


def model(name: str = "attentive", seed: int = 0) -> EncoderDecoder:
    torch.manual_seed(seed)
    core = CORES["bidirectional"](5, 4)
    decoder = DECODERS[name](5, 6, core.output_size)
    head = Categorical(decoder.output_size, TOKENS)
    made = EncoderDecoder(Embedding(KINDS, 5), core, Embedding(TOKENS, 5), decoder, head).double().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-1, 1))
    return made


SOURCES = SequenceBatch(torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0], [7, 0, 0, 0]]), torch.tensor([4, 2, 1]))


def alone(source: SequenceBatch, row: int) -> SequenceBatch:
    length = int(source.lengths[row])
    return SequenceBatch.full(source.data[row : row + 1, :length])


def all_answers(made: EncoderDecoder, source: SequenceBatch, longest: int) -> dict[tuple[int, ...], tuple[float, int]]:
    """Every answer with its log-probability and its length, the end counted."""
    context = made.read(source)
    found = {}
    letters = [token for token in range(TOKENS) if token != END]
    for length in range(longest + 1):
        for answer in itertools.product(letters, repeat=length):
            tokens, state, total = [BEGIN, *answer], made.first_state(context), 0.0
            wanted = [*answer, END] if length < longest else [*answer]
            for given, token in zip(tokens, wanted, strict=False):
                features, state = made.step(torch.tensor([given]), state, context)
                total += float(made.log_probs(features)[0, token])
            found[answer] = total, length + 1
    return found


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.5])
@pytest.mark.parametrize("name", DECODERS)
def test_a_beam_as_wide_as_the_tree_is_exhaustive(name: str, penalty: float) -> None:
    made, longest = model(name), 3
    beam = Beam(width=40, length_penalty=penalty, longest=longest)
    with torch.no_grad():
        found = beam_search(ModelScorer(made, BEGIN), beam, end=END, context=made.read(SOURCES))
        for row in range(3):
            wanted = all_answers(made, alone(SOURCES, row), longest)
            ranked = sorted(wanted, key=lambda answer: -wanted[answer][0] / beam.normaliser(wanted[answer][1]))
            assert len(ranked) == 40
            assert [tuple(found.best(row, place)) for place in range(40)] == ranked
            for place, answer in enumerate(ranked):
                assert math.isclose(float(found.log_probs[row, place]), wanted[answer][0], abs_tol=1e-9)


@pytest.mark.parametrize("name", DECODERS)
def test_a_beam_of_one_is_greedy(name: str) -> None:
    for seed in range(4):
        made = model(name, seed)
        with torch.no_grad():
            context = made.read(SOURCES)
            found = beam_search(ModelScorer(made, BEGIN), Beam(width=1, longest=9), end=END, context=context)
            wanted = greedy(ModelScorer(made, BEGIN), 9, end=END, context=context)
        for row, tokens in enumerate(wanted.tokens.rows()):
            assert found.best(row) == tokens.tolist()


@pytest.mark.parametrize("name", DECODERS)
def test_sources_in_company_have_the_answers_that_they_have_alone(name: str) -> None:
    made, beam = model(name, 1), Beam(width=3, longest=8)
    with torch.no_grad():
        together = beam_search(ModelScorer(made, BEGIN), beam, end=END, context=made.read(SOURCES))
        for row in range(3):
            context = made.read(alone(SOURCES, row))
            own = beam_search(ModelScorer(made, BEGIN), beam, end=END, context=context)
            assert [own.best(0, place) for place in range(3)] == [together.best(row, place) for place in range(3)]
            torch.testing.assert_close(own.scores[0], together.scores[row])


def test_each_source_keeps_its_own_greatest_and_least_length() -> None:
    made = model()
    with torch.no_grad():
        context, limits = made.read(SOURCES), torch.tensor([0, 2, 5])
        found = beam_search(
            ModelScorer(made, BEGIN), Beam(width=2, shortest=2), end=END, context=context, longest=limits
        )
    assert (found.lengths <= limits[:, None]).all()
    assert found.lengths[0].tolist()[0] == 0
    assert (found.lengths[1:][found.scores[1:] > -torch.inf] >= 2).all()


def test_a_rule_keeps_tokens_out_and_a_search_that_may_write_nothing_ends() -> None:
    made = model()

    def never(*banned: int) -> Any:
        return lambda tokens, log_probs: log_probs.index_fill(1, torch.tensor(banned), -torch.inf)

    with torch.no_grad():
        context = made.read(SOURCES)
        scorer = ModelScorer(made, BEGIN)
        found = beam_search(scorer, Beam(width=3, longest=6, rules=[never(2)]), end=END, context=context)
        nothing = beam_search(scorer, Beam(width=3, longest=6, rules=[never(0, 1, 2, 3)]), end=END, context=context)
    assert not (found.tokens == 2).any()
    assert nothing.best(0) == []
    assert (nothing.scores == -torch.inf).all()


def test_what_is_added_to_scores_changes_the_ranking_alone() -> None:
    made = model()

    def by_state(state: Any) -> Tensor:
        return -next(states.leaves(state)).abs().sum(dim=1)

    with torch.no_grad():
        context = made.read(SOURCES)
        beam = Beam(width=40, longest=3)
        plain = beam_search(ModelScorer(made, BEGIN), beam, end=END, context=context)
        other = beam_search(ModelScorer(made, BEGIN), beam, end=END, context=context, adjust=by_state)
    for row in range(3):
        own = {tuple(plain.best(row, n)): float(plain.log_probs[row, n]) for n in range(40)}
        assert own == pytest.approx({tuple(other.best(row, n)): float(other.log_probs[row, n]) for n in range(40)})
        assert [plain.best(row, n) for n in range(40)] != [other.best(row, n) for n in range(40)]
