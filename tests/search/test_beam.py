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
from rnnkit.search import (
    Beam,
    CoverageScorer,
    EnsembleScorer,
    ModelScorer,
    NoRepeats,
    Wanted,
    Without,
    beam_search,
    greedy,
)
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


def holds(tokens: list[int], run: list[int]) -> bool:
    return any(tokens[n : n + len(run)] == run for n in range(len(tokens)))


def test_no_run_of_tokens_comes_twice_and_none_that_is_kept_out() -> None:
    for seed in range(6):
        made = model(seed=seed)
        with torch.no_grad():
            context, scorer = made.read(SOURCES), ModelScorer(made, BEGIN)
            plain = beam_search(scorer, Beam(width=2, longest=12, shortest=5), end=END, context=context)
            rules = [NoRepeats(2), Without([[1, 3], [2, 2]])]
            ruled = beam_search(scorer, Beam(width=2, longest=12, shortest=5, rules=rules), end=END, context=context)
        for row in range(3):
            found = ruled.best(row)
            pairs = list(itertools.pairwise(found))
            assert len(pairs) == len(set(pairs))
            assert not holds(found, [1, 3])
            assert not holds(found, [2, 2])
            assert len(found) >= 5
        repeated = [list(itertools.pairwise(plain.best(row))) for row in range(3)]
        assert any(len(pairs) > len(set(pairs)) for pairs in repeated)


def test_rules_at_their_ends() -> None:
    tokens, log_probs = torch.tensor([[1, 2, 1], [1, 1, 2]]), torch.zeros(2, 4)
    assert (NoRepeats(2)(tokens, log_probs) == -torch.inf).nonzero().tolist() == [[0, 2]]
    assert (NoRepeats(1)(tokens, log_probs) == -torch.inf).nonzero().tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]
    assert not (NoRepeats(4)(tokens, log_probs) == -torch.inf).any()
    assert (Without([[2, 1, 3], [1]])(tokens, log_probs) == -torch.inf).nonzero().tolist() == [[0, 1], [0, 3], [1, 1]]
    assert not (Without([[1, 2, 1, 3, 0]])(tokens, log_probs) == -torch.inf).any()


@pytest.mark.parametrize("runs", [[[3]], [[1, 2]], [[3], [2, 1]]])
def test_what_is_wanted_is_in_every_answer_and_the_best_such_is_found(runs: list[list[int]]) -> None:
    made, longest = model(), 4
    with torch.no_grad():
        scorer, context = ModelScorer(made, BEGIN), made.read(SOURCES)
        beam = Beam(width=60, longest=longest, length_penalty=0.0)
        found = beam_search(scorer, beam, end=END, context=context, wanted=Wanted([runs, [], [[1]]]))
        free = beam_search(scorer, beam, end=END, context=context)
        narrow = beam_search(
            scorer, Beam(width=3, longest=8), end=END, context=context, wanted=Wanted([runs, runs, runs])
        )
        answers = all_answers(made, alone(SOURCES, 0), longest)
    fitting = {answer: nats for answer, (nats, _) in answers.items() if all(holds(list(answer), run) for run in runs)}
    assert tuple(found.best(0)) == max(fitting, key=lambda answer: fitting[answer])
    assert found.best(1) == free.best(1)
    for row in range(3):
        assert all(holds(narrow.best(row), run) for run in runs)


def test_several_models_together_say_the_mean_of_their_probabilities() -> None:
    one, other = model(seed=1), model("conditional", seed=2)
    with torch.no_grad():
        contexts = [one.read(SOURCES), other.read(SOURCES)]
        both = EnsembleScorer([ModelScorer(one, BEGIN), ModelScorer(other, BEGIN)])
        found = beam_search(both, Beam(width=40, longest=3), end=END, context=contexts)
        for row in range(3):
            mine, its = (all_answers(made, alone(SOURCES, row), 1) for made in (one, other))
            wanted = math.log((math.exp(mine[()][0]) + math.exp(its[()][0])) / 2)
            places = [n for n in range(40) if found.best(row, n) == []]
            assert float(found.log_probs[row, places[0]]) == pytest.approx(wanted)
        twice = EnsembleScorer([ModelScorer(one, BEGIN), ModelScorer(one, BEGIN)])
        same = beam_search(twice, Beam(width=3), end=END, context=[contexts[0], contexts[0]])
        plain = beam_search(ModelScorer(one, BEGIN), Beam(width=3), end=END, context=contexts[0])
    assert torch.equal(same.tokens, plain.tokens)


def test_the_coverage_penalty_is_its_equation() -> None:
    made = model()
    with torch.no_grad():
        context = made.read(SOURCES)
        scorer = CoverageScorer(ModelScorer(made, BEGIN), 0.4)
        beam = Beam(width=40, longest=3)
        found = beam_search(scorer, beam, end=END, context=context, adjust=scorer.penalty)
        for row in range(3):
            for place in range(40):
                tokens = found.best(row, place)
                own = made.read(alone(SOURCES, row))
                features, _ = made.write(own, SequenceBatch.full(torch.tensor([[BEGIN, *tokens]])))
                covered = features.weights[0].sum(dim=0).clamp(max=1).log().sum()
                plain = found.log_probs[row, place] / beam.normaliser(len(tokens) + 1)
                torch.testing.assert_close(found.scores[row, place], plain + 0.4 * covered)


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
