"""Heads: they recover what made the data, tie what they say they tie, and estimate what they say they estimate."""

from __future__ import annotations

import pytest
import torch

from rnnkit.encoders import Embedding
from rnnkit.errors import UserError
from rnnkit.heads import AdaptiveCategorical, Categorical, SampledCategorical

V = 12


def built(kind: str) -> torch.nn.Module:
    # Wide enough for the clusters' narrower vectors, and samples enough that few answers are ever left out.
    full = Categorical(16, V)
    head = {"full": full, "sampled": SampledCategorical(full, 200)}.get(kind) or AdaptiveCategorical(16, V, [5])
    if isinstance(head, SampledCategorical):
        head.learn_frequencies(torch.arange(V, 0, -1))
    return head


@pytest.mark.parametrize("kind", ["full", "sampled", "adaptive"])
def test_maximum_likelihood_recovers_the_probabilities(kind: str) -> None:
    torch.manual_seed(0)
    wanted = torch.distributions.Dirichlet(torch.ones(V)).sample((3,))
    head, features = built(kind), torch.eye(3, 16)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.03)
    rows = torch.arange(3).repeat(200)
    for step in range(500):
        optimizer.param_groups[0]["lr"] = 0.03 * (1 - step / 500)
        targets = torch.multinomial(wanted[rows], 1)[:, 0]
        optimizer.zero_grad()
        head.nll(features[rows], targets).mean().backward()
        optimizer.step()
    found = head.eval().log_probs(features).exp()
    # 100,000 draws: the remaining error is the last steps' noise.
    assert (found - wanted).abs().max() < 0.03


def test_a_sampled_partition_is_right_on_average() -> None:
    torch.manual_seed(0)
    head = SampledCategorical(Categorical(4, V), 6).double()
    head.learn_frequencies(torch.arange(V, 0, -1))
    features, targets = torch.randn(5, 4, dtype=torch.float64), torch.tensor([0, 3, 11, 7, 7])
    inner = head.full.scores(features)
    whole = (head.eval().nll(features, targets) + inner[range(5), targets]).exp()
    head.train()
    draws = torch.stack([(head.nll(features, targets) + inner[range(5), targets]).exp() for _ in range(4000)])
    error = (draws.mean(0) - whole).abs() / (draws.std(0) / 4000**0.5)
    assert error.max() < 5


def test_tied_weights_are_one() -> None:
    embedding = Embedding(V, 3)
    head = Categorical(4, V, tied=embedding.weight)
    assert head.weight is embedding.weight
    assert head.nll(torch.randn(2, 4), torch.tensor([1, 2])).shape == (2,)
    with pytest.raises(UserError, match="tied weights"):
        Categorical(4, V + 1, tied=embedding.weight)


def test_starting_as_the_unigram_model() -> None:
    head = Categorical(4, 3)
    head.start_from(torch.tensor([10, 20, 70]))
    torch.testing.assert_close(
        head.log_probs(torch.zeros(1, 4)).exp()[0], torch.tensor([0.1, 0.2, 0.7]), atol=2e-3, rtol=0
    )


def test_too_narrow_for_clusters() -> None:
    with pytest.raises(UserError, match="2 cutoffs need a width of 16"):
        AdaptiveCategorical(8, V, [3, 6])
