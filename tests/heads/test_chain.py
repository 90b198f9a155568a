"""The linear chain against the enumeration of all tags."""

from __future__ import annotations

import itertools

import pytest
import torch

from rnnkit.heads import LinearChainCRF, SoftmaxTagger
from rnnkit.sequence import SequenceBatch

C, H = 3, 5


def chain() -> LinearChainCRF:
    torch.manual_seed(0)
    head = LinearChainCRF(H, C).double()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.normal_()
    return head


def weight(head: LinearChainCRF, scores: torch.Tensor, tags: tuple[int, ...]) -> torch.Tensor:
    total = head.start[tags[0]] + head.end[tags[-1]] + sum(scores[t, tag] for t, tag in enumerate(tags))
    return total + sum(head.transitions[one, other] for one, other in itertools.pairwise(tags))


@pytest.mark.parametrize("length", [1, 2, 4])
def test_likelihood_and_the_best_tags_equal_enumeration(length: int) -> None:
    head = chain()
    features = torch.randn(1, length, H, dtype=torch.float64)
    scores = head.linear(features)[0]
    every = list(itertools.product(range(C), repeat=length))
    weights = torch.stack([weight(head, scores, tags) for tags in every])
    sequence = SequenceBatch.full(features)
    for tags, own in zip(every, weights, strict=True):
        loss = head.loss(sequence, torch.tensor([tags]))
        torch.testing.assert_close(loss[0], weights.logsumexp(0) - own, rtol=1e-12, atol=1e-12)
    assert tuple(head.predict(sequence)[0].tolist()) == every[int(weights.argmax())]


def test_padding_and_other_rows_change_nothing() -> None:
    head = chain()
    features, targets = torch.randn(4, 6, H, dtype=torch.float64), torch.randint(C, (4, 6))
    lengths = torch.tensor([6, 1, 0, 4])
    loss, best = head.loss(SequenceBatch(features, lengths), targets), head.predict(SequenceBatch(features, lengths))
    for row, length in enumerate(lengths.tolist()):
        if not length:
            assert loss[row] == 0
            assert not best[row].any()
            continue
        alone = SequenceBatch.full(features[row : row + 1, :length])
        torch.testing.assert_close(loss[row : row + 1], head.loss(alone, targets[row : row + 1, :length]))
        assert torch.equal(best[row, :length], head.predict(alone)[0])
        assert not best[row, length:].any()


def test_gradients() -> None:
    head, lengths = chain(), torch.tensor([3, 1, 2])
    targets = torch.randint(C, (3, 3))
    features = torch.randn(3, 3, H, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda f: head.loss(SequenceBatch(f, lengths), targets), (features,))


def test_without_transitions_it_is_a_tag_at_a_time() -> None:
    torch.manual_seed(1)
    one, other = LinearChainCRF(H, C), SoftmaxTagger(H, C)
    other.linear.load_state_dict(one.linear.state_dict())
    features = SequenceBatch(torch.randn(3, 4, H), torch.tensor([4, 2, 3]))
    targets = torch.randint(C, (3, 4))
    torch.testing.assert_close(one.loss(features, targets), other.loss(features, targets))
    assert torch.equal(one.predict(features), other.predict(features))


def test_marginals_and_steps_equal_enumeration() -> None:
    head = chain()
    features = torch.randn(1, 4, H, dtype=torch.float64)
    scores = head.linear(features)[0]
    every = list(itertools.product(range(C), repeat=4))
    weights = torch.stack([weight(head, scores, tags) for tags in every]).softmax(0)
    by_hand = torch.zeros(4, C, dtype=torch.float64)
    for tags, own in zip(every, weights, strict=True):
        by_hand[range(4), list(tags)] += own
    padded = SequenceBatch(torch.cat([features, features], dim=1), torch.tensor([4]))
    found = head.marginals(padded)
    torch.testing.assert_close(found[0, :4], by_hand)
    assert not found[0, 4:].any()
    state = head.init_state(1)
    for t in range(4):
        log_probs, state = head.step(features[:, t], state)
        ends = [head.start[t[0]] + sum(scores[i, tag] for i, tag in enumerate(t)) for t in every]
        for number, tags in enumerate(every):
            ends[number] = head.start[tags[0]] + sum(scores[i, tags[i]] for i in range(t + 1))
            ends[number] = ends[number] + sum(head.transitions[tags[i], tags[i + 1]] for i in range(t))
        shares = torch.stack(ends).softmax(0)  # of the tags up to here, each as often as there are ways to go on
        wanted = torch.stack([shares[[tags[t] == c for tags in every]].sum() for c in range(C)])
        torch.testing.assert_close(log_probs[0].exp(), wanted)


@pytest.mark.parametrize("stretch", [1, 3, 7])
def test_marginals_stretch_by_stretch_are_those_of_the_whole(stretch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    head = chain()
    features = SequenceBatch(torch.randn(4, 9, H, dtype=torch.float64), torch.tensor([9, 0, 4, 1]))
    whole = head.marginals(features)
    monkeypatch.setattr("rnnkit.heads.chain.STRETCH", stretch)
    assert torch.equal(head.marginals(features), whole)


def test_each_on_its_own_steps_and_marginals_are_the_softmax() -> None:
    head = SoftmaxTagger(H, C)
    features = torch.randn(2, 3, H)
    found = head.marginals(SequenceBatch(features, torch.tensor([3, 1])))
    log_probs, _ = head.step(features[:, 0], head.init_state(2))
    torch.testing.assert_close(found[:, 0], log_probs.exp())
    torch.testing.assert_close(found[0], head.linear(features[0]).softmax(1))
    assert not found[1, 1:].any()
