"""Optimisers: which parameters learn how fast."""

from __future__ import annotations

import torch
from torch import nn

from rnnkit.training.optimization import build_optimizer
from rnnkit.training.options import Optimization


def test_each_parameter_has_the_share_of_the_rate_that_its_name_says() -> None:
    model = nn.ModuleDict({"core": nn.Linear(2, 2), "corner": nn.Linear(2, 2), "head": nn.Linear(2, 2)})
    optimizer = build_optimizer(model, Optimization(weight_decay=0.5), 1.0, {"core.": 0.1, "head.weight": 0.2})
    found = {
        id(p): (group["share"], group["weight_decay"]) for group in optimizer.param_groups for p in group["params"]
    }
    assert {name: found[id(parameter)] for name, parameter in model.named_parameters()} == {
        "core.weight": (0.1, 0.5),
        "core.bias": (0.1, 0.0),
        "corner.weight": (1.0, 0.5),
        "corner.bias": (1.0, 0.0),
        "head.weight": (0.2, 0.5),
        "head.bias": (1.0, 0.0),
    }


def test_without_shares_there_are_two_groups() -> None:
    groups = build_optimizer(nn.Linear(2, 2), Optimization(), 1.0, {}).param_groups
    assert [[tuple(p.shape) for p in group["params"]] for group in groups] == [[(2, 2)], [(2,)]]
    assert torch.equal(torch.tensor([group["share"] for group in groups]), torch.ones(2))
