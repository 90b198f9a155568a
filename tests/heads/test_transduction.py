"""The transducer's head: prediction networks step by step, its greedy answers, CTC that learns along."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rnnkit import state as states
from rnnkit.cells import gru, lstm
from rnnkit.cores import Stack
from rnnkit.heads import BLANK, RecurrentPrediction, StatelessPrediction, Transduction
from rnnkit.heads.transduction import emit
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

V, EXACT = 5, tolerance(torch.float64)
PREDICTIONS: dict[str, Any] = {
    "gru": lambda: RecurrentPrediction(V, Stack([gru(4, 6)])),
    "two lstms": lambda: RecurrentPrediction(V, Stack([lstm(4, 6), lstm(6, 3)])),
    "stateless": lambda: StatelessPrediction(V, 4),
    "three tokens": lambda: StatelessPrediction(V, 4, context=3),
}


def drawn(prediction: str = "gru", **options: Any) -> Transduction:
    torch.manual_seed(0)
    head = Transduction(7, PREDICTIONS[prediction](), V, joint=8, **options).double()
    with torch.no_grad():
        head.output.weight.mul_(4)
    return head


def features(rows: int = 3, time_steps: int = 12) -> SequenceBatch:
    g = torch.Generator().manual_seed(1)
    data = 2 * torch.randn(rows, time_steps, 7, dtype=torch.float64, generator=g)
    return SequenceBatch(data, torch.tensor([time_steps, 5, 0])[:rows])


@pytest.mark.parametrize("name", PREDICTIONS)
def test_stepping_a_prediction_is_the_whole(name: str) -> None:
    prediction = PREDICTIONS[name]().double()
    tokens = torch.randint(1, V, (3, 6))
    whole = prediction(SequenceBatch.full(tokens))
    assert whole.shape == (3, 7, prediction.output_size)
    made, state = prediction.step(torch.full((3,), BLANK), prediction.init_state(3))
    torch.testing.assert_close(made, whole[:, 0], **EXACT)
    for u in range(6):
        made, state = prediction.step(tokens[:, u], state)
        torch.testing.assert_close(made, whole[:, u + 1], **EXACT)
    assert [leaf.row for leaf in prediction.state_spec()] == [tuple(leaf.shape[1:]) for leaf in states.leaves(state)]


def one_by_one(head: Transduction, row: torch.Tensor) -> list[tuple[int, int]]:
    """Greedy search of one row as it is defined: tokens and the time steps at which they come."""
    found, state = [], head.init_state(1)
    for time, f in enumerate(head.from_features(row)):
        for _ in range(head.most_a_step):
            token = int(head.scores(f[None], state[1]).argmax())
            if token == BLANK:
                break
            found.append((token, time))
            state = head.write(torch.tensor([token]), state)
    return found


@pytest.mark.parametrize("name", PREDICTIONS)
@pytest.mark.parametrize("most", [1, 2, 5])
def test_greedy_answers_are_those_of_one_row_and_token_at_a_time(name: str, most: int) -> None:
    head, given = drawn(name, most_a_step=most), features(time_steps=30)
    found, _ = emit(head, given, head.init_state(3))
    assert any(found)
    for own, row in zip(found, given.rows(), strict=True):
        assert [(one.token, one.time_step) for one in own] == one_by_one(head, row)
        assert all(0 < one.confidence <= 1 and one.log_prob < 0 for one in own)


def test_the_ctc_learns_along_and_is_no_part_of_an_answers_loss() -> None:
    head, given, targets = drawn(ctc_weight=0.3), features(), SequenceBatch.of([torch.tensor([1, 2])] * 3)
    assert head.ctc is not None
    alone = head.eval().loss(given, targets)
    both = head.train().loss(given, targets)
    torch.testing.assert_close(both, alone + 0.3 * head.ctc.loss(given, targets), **EXACT)
    assert alone[2] == 0  # it has no time steps
    both.sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in head.parameters())


def test_an_empty_batch_and_no_time_steps() -> None:
    head = drawn()
    assert head.predict(SequenceBatch(torch.zeros(2, 0, 7).double(), torch.tensor([0, 0]))) == [[], []]
    assert head.predict(SequenceBatch(torch.zeros(0, 3, 7).double(), torch.zeros(0, dtype=torch.int64))) == []
