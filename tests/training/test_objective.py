"""What training makes smaller: of no rows it is zero, for every model, and every parameter has a gradient."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rnnkit.models import MODELS
from rnnkit.training.objective import Objective


@pytest.mark.parametrize("name", MODELS)
def test_no_rows_add_zero(name: str) -> None:
    model = MODELS[name]()
    state: Any = object()
    total, after = Objective(model, lambda tensors: (None, None, None))(torch.zeros(0, 3, 2), torch.zeros(0), state)
    total.backward()
    assert float(total.detach()) == 0
    assert after is state
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    assert all(parameter.grad is not None and not parameter.grad.any() for parameter in learned)
