"""With 16-bit products, what goes into a network is not rounded."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnkit.training.machine import launch
from rnnkit.training.options import Machine


class Recording(nn.Module):
    """Keeps what came in, and what its layer gives."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.came, self.made = x, self.layer(x)
        return self.came, self.made


def test_inputs_stay_as_they_are_and_products_are_of_16_bits() -> None:
    fabric = launch(Machine(device="cpu", precision="bf16-mixed"))
    model = Recording()
    x = torch.tensor([[257.125], [0.1]])
    fabric.setup(model)(x)
    assert torch.equal(model.came, x)
    assert model.made.dtype == torch.bfloat16
