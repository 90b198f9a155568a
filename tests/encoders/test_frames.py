"""Numbers to vectors: standardised by what travels with the weights, the same step by step and among other rows."""

from __future__ import annotations

import torch

from rnnkit.checkpoint import fill, parameters_of
from rnnkit.encoders import LinearFrames
from rnnkit.sequence import SequenceBatch


def made() -> LinearFrames:
    torch.manual_seed(0)
    return LinearFrames(
        torch.tensor([1.0, -2.0, 5.0]), torch.tensor([2.0, 0.5, 0.0]), 4, noise=0.3, gain_noise=0.3
    ).double()


def test_steps_are_the_sequence_whatever_the_other_rows() -> None:
    encoder = made().eval()
    x = torch.randn(3, 5, 3, dtype=torch.float64)
    whole = encoder(SequenceBatch(x, torch.tensor([5, 2, 4]))).data
    for t in range(5):
        rows = t < torch.tensor([5, 2, 4])
        torch.testing.assert_close(encoder.step(x[rows, t]), whole[rows, t])
    torch.testing.assert_close(encoder(SequenceBatch.full(x[1:2, :2])).data, whole[1:2, :2])


def test_it_standardises_and_keeps_outliers_near() -> None:
    encoder = made().eval()
    by_hand = torch.tensor([[1.0, -1.0, 0.0]], dtype=torch.float64)  # a feature that never changes has deviation 1
    given = torch.tensor([[3.0, -2.5, 5.0]], dtype=torch.float64)
    torch.testing.assert_close(encoder.step(given), encoder.linear(by_hand).relu())
    far = torch.tensor([[1e9, -2.0, 5.0]], dtype=torch.float64)
    near = torch.tensor([[17.0, -2.0, 5.0]], dtype=torch.float64)
    torch.testing.assert_close(encoder.step(far), encoder.step(near))


def test_noise_is_of_training_alone_and_a_gain_of_a_row() -> None:
    encoder = made()
    encoder.noise = 0.0
    x = torch.ones(2, 4, 3, dtype=torch.float64)
    found = encoder.train()(SequenceBatch.full(x)).data
    torch.testing.assert_close(found, found[:, :1].expand_as(found))
    assert not torch.allclose(found[0, 0], found[1, 0])
    quiet = encoder.eval()(SequenceBatch.full(x)).data
    assert torch.equal(quiet[0], quiet[1])


def test_statistics_travel_with_the_weights_and_are_not_learned() -> None:
    one, other = made(), LinearFrames(torch.zeros(3), torch.ones(3), 4).double()
    fill(other, parameters_of(one), "weights")
    x = torch.randn(2, 3, dtype=torch.float64)
    torch.testing.assert_close(other.eval().step(x), one.eval().step(x))
    assert {name for name, p in one.named_parameters() if not p.requires_grad} == {"mean", "deviation"}
