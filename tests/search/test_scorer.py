"""Searches over a scorer: the same as running the model by hand, whatever the order of the rows."""

from __future__ import annotations

import torch

from networks import language_model
from rnnkit import state as states
from rnnkit.encoders import Embedding
from rnnkit.heads import Categorical, CategoricalSampler
from rnnkit.models import LanguageModel
from rnnkit.search import ModelScorer, generate, greedy, sample
from rnnkit.sequence import SequenceBatch
from toys import AttendingCore

BEGIN, END = 0, 4


def model(seed: int = 0) -> LanguageModel:
    torch.manual_seed(seed)
    made = language_model("gru").double().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-0.7, 0.7))
    return made


def test_greedy_is_the_model_by_hand() -> None:
    for seed in range(5):
        made = model(seed)
        state, token, total, wanted = made.init_state(1), BEGIN, 0.0, []
        while len(wanted) < 12:
            features, state = made.step(torch.tensor([token]), state)
            log_probs = made.head.log_probs(features)[0]
            token = int(log_probs.argmax())
            total += log_probs[token].item()
            if token == END:
                break
            wanted.append(token)
        found = greedy(ModelScorer(made, BEGIN), 12, end=END)
        assert found.tokens.rows()[0].tolist() == wanted
        torch.testing.assert_close(float(found.log_probs[0]), total)


def test_samples_are_those_of_generate_up_to_the_end() -> None:
    made, count = model(), 40
    seeds = list(range(count))
    moving = generate(
        made,
        torch.full((count,), BEGIN),
        made.init_state(count),
        CategoricalSampler(),
        [torch.Generator().manual_seed(seed) for seed in seeds],
    )
    wanted = torch.stack([next(moving)[0] for _ in range(15)], dim=1)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    found = sample(ModelScorer(made, BEGIN), CategoricalSampler(), generators, 15, end=END)
    for row, other in zip(found.tokens.rows(), wanted.tolist(), strict=True):
        assert row.tolist() == (other[: other.index(END)] if END in other else other)
    assert len(set(found.tokens.lengths.tolist())) > 1


def test_reordered_hypotheses_are_the_same_hypotheses() -> None:
    scorer = ModelScorer(model(), BEGIN)
    start = states.rows(scorer.start(), torch.zeros(3, dtype=torch.int64))
    _, state = scorer.extend(torch.tensor([1, 2, 3]), start)
    order = torch.tensor([2, 0, 0, 1])
    together, _ = scorer.extend(torch.tensor([5, 6, 7, 8]), states.rows(state, order))
    for place, row in enumerate(order.tolist()):
        alone, _ = scorer.extend(torch.tensor([5 + place]), states.rows(state, slice(row, row + 1)))
        torch.testing.assert_close(together[place : place + 1], alone)


def test_a_context_stays_with_its_source_however_hypotheses_are_reordered() -> None:
    torch.manual_seed(0)
    made = LanguageModel(Embedding(9, 5), AttendingCore(5, 5), Categorical(5, 9)).double().eval()
    sources = SequenceBatch(torch.randn(2, 4, 5, dtype=torch.float64) * 3, torch.tensor([4, 2]))
    scorer = ModelScorer(made, BEGIN)
    order = torch.tensor([1, 0, 1])
    start = states.rows(scorer.start({"source": sources}), order)
    together, after = scorer.extend(torch.tensor([3, 3, 5]), start)
    again, _ = scorer.extend(torch.tensor([2, 2]), states.rows(after, torch.tensor([2, 1])))
    for place, (row, tokens) in enumerate([(1, [5, 2]), (0, [3, 2])]):
        alone = sources.take(slice(row, row + 1))
        state = scorer.start({"source": alone})
        _, state = scorer.extend(torch.tensor(tokens[:1]), state)
        wanted, _ = scorer.extend(torch.tensor(tokens[1:]), state)
        torch.testing.assert_close(again[place : place + 1], wanted)
    assert not torch.allclose(together[0], together[1])
    written = greedy(ModelScorer(made, BEGIN), 6, context={"source": sources})
    alone = greedy(ModelScorer(made, BEGIN), 6, context={"source": sources.take(slice(1, None))})
    assert torch.equal(written.tokens.data[1], alone.tokens.data[0])
