"""Laws of heads whose answers are texts that nobody aligned with the time steps."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from contract_laws import LENGTHS, ROWS, STEPS, poisoned
from rnnkit import state as states
from rnnkit.contract import steps
from rnnkit.heads import BLANK, TEXT_HEADS
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

WIDTH, TOKENS = 8, 5
TEXTS = torch.tensor([3, 1, 0, 2])
EXACT = tolerance(torch.float64)
EVERY_HEAD = pytest.mark.parametrize("name", TEXT_HEADS)
LIVE = pytest.mark.parametrize("name", [name for name, build in TEXT_HEADS.items() if steps(build(WIDTH, TOKENS))])


def built(name: str) -> Any:
    torch.manual_seed(0)
    head = TEXT_HEADS[name](WIDTH, TOKENS).double().eval()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-0.5, 0.5))
    return head


def given() -> tuple[Tensor, Tensor]:
    """Features, and texts without the blank."""
    g = torch.Generator().manual_seed(1)
    data = 3 * torch.randn(ROWS, STEPS, WIDTH, dtype=torch.float64, generator=g)
    return data, torch.randint(1, TOKENS, (ROWS, 3), generator=g)


@EVERY_HEAD
@pytest.mark.parametrize("training", [False, True])
def test_losses_and_answers_are_each_rows_own_whatever_the_padding(name: str, training: bool) -> None:
    head, (data, texts) = built(name).train(training), given()
    features = SequenceBatch(poisoned(data, LENGTHS).requires_grad_(), LENGTHS)
    losses = head.loss(features, SequenceBatch(poisoned(texts, TEXTS), TEXTS))
    assert losses.shape == (ROWS,)
    assert len(head.predict(features)) == ROWS
    (gradient,) = torch.autograd.grad(losses.sum(), features.data)
    assert gradient[features.mask].isfinite().all()
    for row in range(ROWS):
        own = SequenceBatch.full(data[row : row + 1, : LENGTHS[row]])
        alone = head.loss(own, SequenceBatch.full(texts[row : row + 1, : TEXTS[row]]))
        torch.testing.assert_close(losses[row : row + 1], alone, **EXACT)
        assert head.predict(features)[row] == head.predict(own)[0]
        assert all(0 < token < TOKENS for token in head.predict(own)[0])


@EVERY_HEAD
def test_learning_a_text_makes_it_the_answer(name: str) -> None:
    torch.manual_seed(0)
    head, (data, texts) = TEXT_HEADS[name](WIDTH, TOKENS), given()
    features, targets = SequenceBatch(data.float(), torch.full_like(LENGTHS, STEPS)), SequenceBatch(texts, TEXTS)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.03)
    for _ in range(200):
        optimizer.zero_grad()
        head.loss(features, targets).sum().backward()
        optimizer.step()
    assert head.eval().predict(features) == [row.tolist() for row in targets.rows()]


@LIVE
def test_answers_that_come_step_by_step_are_the_whole(name: str) -> None:
    head, (data, _) = built(name), given()
    state, spec = head.init_state(ROWS), head.state_spec()
    found: list[list[int]] = [[] for _ in range(ROWS)]
    for time in range(STEPS):
        before = states.copied(state)
        tokens, after = head.step(data[:, time], state)
        assert all(one.equal(other) for one, other in zip(states.leaves(before), states.leaves(state), strict=True))
        state = states.from_bytes(states.to_bytes(after, spec), spec, head.init_state(ROWS))
        for row, own in enumerate(tokens.tolist()):
            found[row] += [token for token in own if token != BLANK]
    assert found == head.predict(SequenceBatch.full(data))


@LIVE
def test_a_state_has_a_spec(name: str) -> None:
    head, spec = built(name), built(name).state_spec()
    assert len({leaf.name for leaf in spec}) == len(spec)
    for one in (head.init_state(ROWS), head.step(given()[0][:, 0], head.init_state(ROWS))[1]):
        assert [(ROWS, *leaf.row) for leaf in spec] == [tuple(leaf.shape) for leaf in states.leaves(one)]
        assert [leaf.dtype for leaf in spec] == [leaf.dtype for leaf in states.leaves(one)]
