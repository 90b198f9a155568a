"""The loss over many answers is PyTorch's, and so are its gradients."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy, linear

from rnnkit.heads import Categorical
from rnnkit.heads.tokens.categorical import LARGE
from rnnkit.heads.tokens.large_softmax import LargeSoftmaxLoss
from tolerances import tolerance


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_loss_and_its_gradients_are_pytorchs(smoothing: float, dtype: torch.dtype) -> None:
    g = torch.Generator().manual_seed(0)
    x, weight, bias = (torch.randn(*size, generator=g, dtype=dtype) for size in ((5, 4), (9, 4), (9,)))
    x[0] *= 40  # exponents that would overflow
    targets, grad = torch.tensor([0, 8, 3, 3, 1]), torch.randn(5, generator=g, dtype=dtype)
    found = []
    for loss in (
        lambda x, w, b: LargeSoftmaxLoss.apply(x, w, b, targets, smoothing),
        lambda x, w, b: cross_entropy(linear(x, w, b), targets, reduction="none", label_smoothing=smoothing),
    ):
        given = [tensor.clone().requires_grad_() for tensor in (x, weight, bias)]
        made = loss(*given)
        found.append([made.detach(), *torch.autograd.grad(made, given, grad)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, **tolerance(dtype, "gradient"))


def test_gradcheck() -> None:
    g = torch.Generator().manual_seed(1)
    given = [torch.randn(*size, generator=g, dtype=torch.float64).requires_grad_() for size in ((3, 4), (6, 4), (6,))]
    targets = torch.tensor([5, 0, 2])
    assert torch.autograd.gradcheck(lambda *tensors: LargeSoftmaxLoss.apply(*tensors, targets, 0.2), given)


@pytest.mark.parametrize("tied", [False, True])
def test_a_head_over_many_answers_has_the_same_loss_with_and_without_gradients(tied: bool) -> None:
    torch.manual_seed(0)
    matrix = torch.nn.Parameter(torch.randn(LARGE, 3)) if tied else None
    head = Categorical(5, LARGE, tied=matrix, smoothing=0.1)
    features, targets = torch.randn(4, 5), torch.randint(LARGE, (4,))
    for mode in (True, False):
        head.train(mode)
        with torch.no_grad():
            wanted = head.nll(features, targets)
        torch.testing.assert_close(head.nll(features, targets), wanted)
    assert head.nll(features[:0], targets[:0]).shape == (0,)
