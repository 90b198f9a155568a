"""The linear chain against the enumeration of all tags."""

from __future__ import annotations

import itertools

import pytest
import torch

from rnnkit.heads import LinearChain, Tags
from rnnkit.sequence import Sequence

C, H = 3, 5


def chain() -> LinearChain:
    torch.manual_seed(0)
    head = LinearChain(H, C).double()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.normal_()
    return head


def weight(head: LinearChain, scores: torch.Tensor, tags: tuple[int, ...]) -> torch.Tensor:
    total = head.start[tags[0]] + head.end[tags[-1]] + sum(scores[t, tag] for t, tag in enumerate(tags))
    return total + sum(head.transitions[one, other] for one, other in itertools.pairwise(tags))


@pytest.mark.parametrize("length", [1, 2, 4])
def test_likelihood_and_the_best_tags_equal_enumeration(length: int) -> None:
    head = chain()
    features = torch.randn(1, length, H, dtype=torch.float64)
    scores = head.linear(features)[0]
    every = list(itertools.product(range(C), repeat=length))
    weights = torch.stack([weight(head, scores, tags) for tags in every])
    sequence = Sequence.full(features)
    for tags, own in zip(every, weights, strict=True):
        loss = head.loss(sequence, torch.tensor([tags]))
        torch.testing.assert_close(loss[0], weights.logsumexp(0) - own, rtol=1e-12, atol=1e-12)
    assert tuple(head.best(sequence)[0].tolist()) == every[int(weights.argmax())]


def test_padding_and_company_change_nothing() -> None:
    head = chain()
    features, targets = torch.randn(4, 6, H, dtype=torch.float64), torch.randint(C, (4, 6))
    lengths = torch.tensor([6, 1, 0, 4])
    loss, best = head.loss(Sequence(features, lengths), targets), head.best(Sequence(features, lengths))
    for row, length in enumerate(lengths.tolist()):
        if not length:
            assert loss[row] == 0
            assert not best[row].any()
            continue
        alone = Sequence.full(features[row : row + 1, :length])
        torch.testing.assert_close(loss[row : row + 1], head.loss(alone, targets[row : row + 1, :length]))
        assert torch.equal(best[row, :length], head.best(alone)[0])
        assert not best[row, length:].any()


def test_gradients() -> None:
    head, lengths = chain(), torch.tensor([3, 1, 2])
    targets = torch.randint(C, (3, 3))
    features = torch.randn(3, 3, H, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda f: head.loss(Sequence(f, lengths), targets), (features,))


def test_without_transitions_it_is_a_tag_at_a_time() -> None:
    torch.manual_seed(1)
    one, other = LinearChain(H, C), Tags(H, C)
    other.linear.load_state_dict(one.linear.state_dict())
    features = Sequence(torch.randn(3, 4, H), torch.tensor([4, 2, 3]))
    targets = torch.randint(C, (3, 4))
    torch.testing.assert_close(one.loss(features, targets), other.loss(features, targets))
    assert torch.equal(one.best(features), other.best(features))
