"""Gradient reach: equal to the product of a linear network's matrices, and said in words."""

from __future__ import annotations

import pytest
import torch

from networks import language_model
from rnnkit.data.texts.text import Block
from rnnkit.inspection import Reach, gradient_reach, longest_passage


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.5])
def test_a_linear_network_decays_by_its_gain(gain: float) -> None:
    """With relu far from its kink and an orthogonal matrix times `gain`, k steps back is gain to the power k."""
    torch.manual_seed(0)
    model = language_model("elman-relu").double()
    cell = model.core.layers[0]
    with torch.no_grad():
        cell.weight_hh.copy_(gain * torch.eye(7))
        cell.bias_ih.fill_(5.0)
    reach = gradient_reach(model, torch.randint(11, (4, 9)))
    assert len(reach.norms) == 8
    for k, norm in enumerate(reach.norms):
        assert norm == pytest.approx(reach.norms[0] * gain**k, rel=1e-9)


@pytest.mark.parametrize("cell", ["lstm", "gru", "elman"])
def test_it_equals_the_gradient_by_differences(cell: str) -> None:
    torch.manual_seed(0)
    model = language_model(cell).double().eval()
    tokens = torch.randint(11, (1, 5))
    reach = gradient_reach(model, tokens)

    def loss(nudge: torch.Tensor) -> torch.Tensor:
        state = model.init_state(1)
        for t in range(4):
            features, state = model.step(tokens[:, t], state)
            if t == 1:
                width = nudge.shape[0] // len(state[0])
                moved = tuple(leaf + part for leaf, part in zip(state[0], nudge.split(width), strict=True))
                state = (moved,)
        return model.head.nll(features, tokens[:, -1]).sum()

    size = 7 * len(model.init_state(1)[0])
    gradient = torch.autograd.functional.jacobian(loss, torch.zeros(size, dtype=torch.float64))
    assert reach.norms[2] == pytest.approx(float(gradient.norm()), rel=1e-9)


def test_the_words() -> None:
    assert Reach([1.0] + [0.02] * 3).words() == "2% of the gradient is left after 3 steps"
    assert Reach([1.0, 0.001, 0.5, 0.001]).words() == "the gradient falls under 1 % after 3 steps"
    assert Reach([1.0, 50.0, 500.0]).words() == "the gradient explodes: 2 steps back it is 500 times as long"
    assert "does not depend" in Reach([0.0, 0.0]).words()


def test_the_model_is_left_as_it_was() -> None:
    model = language_model().train()
    gradient_reach(model, torch.randint(11, (2, 4)))
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_longest_passage() -> None:
    blocks = [Block("the quick brown fox ju", True), Block("mps over the lazy dog", False)]
    assert longest_passage("a fox jumps over it", blocks) == " fox jumps over "
    assert longest_passage("xyz", blocks) == "x"
    assert longest_passage("", blocks) == ""
    assert longest_passage("QQQ", blocks) == ""
