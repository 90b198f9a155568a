"""Convolutions over time, beside their equation."""

from __future__ import annotations

import torch

from rnnkit.encoders import ConvolvedFrames
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance


def test_a_layer_is_its_equation() -> None:
    torch.manual_seed(0)
    mean, deviation = torch.tensor([1.0, -2.0, 0.0]), torch.tensor([2.0, 0.5, 1.0])
    encoder = ConvolvedFrames(mean, deviation, 4, layers=1, stride=2, kernel=5).double()
    x, (layer,) = torch.randn(7, 3, dtype=torch.float64), encoder.layers
    standard = (x - mean) / deviation
    wanted = []
    for place in range(0, 7, 2):
        total = layer.bias.clone()
        for tap in range(5):
            if 0 <= place + tap - 2 < 7:
                total = total + layer.weight[:, :, tap] @ standard[place + tap - 2]
        wanted.append(total.clamp(min=0))
    torch.testing.assert_close(
        encoder(SequenceBatch.full(x[None])).data[0], torch.stack(wanted), **tolerance(torch.float64)
    )


def test_it_learns_everything_but_the_statistics() -> None:
    encoder = ConvolvedFrames(torch.zeros(3), torch.ones(3), 4)
    encoder(SequenceBatch.full(torch.randn(2, 9, 3))).data.sum().backward()
    without = {name for name, parameter in encoder.named_parameters() if parameter.grad is None}
    assert without == {"mean", "deviation"}


def test_rate_and_look_ahead() -> None:
    shapes = {(2, 2, 3): (4, 0), (2, 2, 5): (4, 3), (1, 1, 3): (1, 1), (3, 2, 5): (8, 7), (1, 3, 1): (3, 0)}
    for (layers, stride, kernel), wanted in shapes.items():
        encoder = ConvolvedFrames(torch.zeros(3), torch.ones(3), 4, layers=layers, stride=stride, kernel=kernel)
        assert (encoder.rate, encoder.look_ahead) == wanted


def test_dropout_zeroes_the_same_units_of_a_row_throughout() -> None:
    torch.manual_seed(0)
    encoder = ConvolvedFrames(torch.zeros(3), torch.ones(3), 64, layers=1, dropout=0.5)
    made = encoder(SequenceBatch.full(torch.randn(2, 40, 3))).data
    never = (made == 0).all(dim=1)
    assert 20 < int(never[0].sum()) < 44
    assert not never[0].equal(never[1])
