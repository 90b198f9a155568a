"""Laws of networks that label every time step: in one call, time step by time step, whatever the other rows."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from rnnkit.cells import CELLS
from rnnkit.cores import Bidirectional, Stack
from rnnkit.encoders import Embedding
from rnnkit.errors import NotStreamable
from rnnkit.heads import LinearChainCRF, SoftmaxClassifier, SoftmaxTagger
from rnnkit.models import JointTagger, Tagger
from rnnkit.pooling import POOLINGS
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

V, D, H, C = 9, 5, 6, 4
LENGTHS = torch.tensor([7, 1, 4, 0, 5])


def made(head: str, *, both: bool = False, joint: bool = False) -> Any:
    torch.manual_seed(0)
    build = CELLS["lstm"]
    core = Bidirectional([(build(D, H), build(D, H))]) if both else Stack([build(D, H), build(H, H)])
    tagger = Tagger(
        Embedding(V, D), core, (LinearChainCRF if head == "chain" else SoftmaxTagger)(core.output_size, C), dropout=0.5
    )
    pools = [POOLINGS["max"](core.output_size), POOLINGS["mean"](core.output_size)]
    model = JointTagger(tagger, pools, SoftmaxClassifier(2 * core.output_size, 3)) if joint else tagger
    model = model.double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-0.5, 0.5))
    return model


def words(rows: int, time_steps: int) -> Tensor:
    return torch.randint(V, (rows, time_steps), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("head", ["chain", "tags"])
def test_stepping_is_the_whole(head: str) -> None:
    model, x = made(head), words(3, 6)
    whole, _ = model(SequenceBatch.full(x))
    state = model.init_state(3)
    for t in range(6):
        features, state = model.step(x[:, t], state)
        torch.testing.assert_close(features, whole.data[:, t], **tolerance(torch.float64))


def test_stepping_both_answers_is_the_whole() -> None:
    model, x = made("chain", joint=True), words(3, 6)
    state = model.init_state(3)
    for t in range(6):
        (features, whole), state = model.step(x[:, t], state)
        (every, so_far), _ = model(SequenceBatch.full(x[:, : t + 1]))
        torch.testing.assert_close(features, every.data[:, t], **tolerance(torch.float64))
        torch.testing.assert_close(whole, so_far, **tolerance(torch.float64))
    assert len(model.state_spec()) == 4 + 1 + 2


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("head", ["chain", "tags"])
def test_padding_and_other_rows_change_no_loss_and_no_tag(head: str, both: bool) -> None:
    model, x, targets = made(head, both=both, joint=True), words(5, 7), torch.randint(C, (5, 7))
    labels = torch.tensor([0, 2, 1, 1, 0])
    losses = model.losses(SequenceBatch(x, LENGTHS), {"tags": targets, "labels": labels})[0]
    (features, _), _ = model(SequenceBatch(x, LENGTHS))
    best = model.tagger.head.predict(features)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = SequenceBatch(x[row : row + 1, : max(length, 1)], LENGTHS[row : row + 1])
        wanted = {"tags": targets[row : row + 1, : max(length, 1)], "labels": labels[row : row + 1]}
        own, _ = model.losses(alone, wanted)
        torch.testing.assert_close(losses[row : row + 1], own, **tolerance(torch.float64))
        (features, _), _ = model(alone)
        assert torch.equal(best[row, :length], model.tagger.head.predict(features)[0, :length])


def test_a_sequence_may_be_cut_anywhere() -> None:
    model, x = made("tags", joint=True), words(2, 6)
    (whole, pooled), _ = model(SequenceBatch.full(x))
    (first, _), middle = model(SequenceBatch.full(x[:, :2]))
    (rest, last), _ = model(SequenceBatch.full(x[:, 2:]), middle)
    joined = torch.cat([first.data, rest.data], dim=1)
    torch.testing.assert_close(joined, whole.data, **tolerance(torch.float64))
    torch.testing.assert_close(last, pooled, **tolerance(torch.float64))


@pytest.mark.parametrize("joint", [False, True])
def test_what_reads_from_both_ends_has_no_step(joint: bool) -> None:
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        made("chain", both=True, joint=joint).init_state(1)
