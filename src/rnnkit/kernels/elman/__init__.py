"""Elman's network as pure functions, with tanh and with relu.

In: `x (B, T, D)`, lengths, `(h,)`, weights. Out: `y (B, T, H)`, `(h,)`. Imports: kernels' shared files.
Tested by: tests/laws/.
"""

import torch

from rnnkit.kernels import native
from rnnkit.kernels import reference as plain
from rnnkit.kernels.choose import Implementations
from rnnkit.kernels.elman import fused, reference

_tanh = plain.kernel(reference.step_with(torch.tanh))
_relu = plain.kernel(reference.step_with(torch.relu))

TANH_IMPLEMENTATIONS = Implementations(
    reference=_tanh,
    fused=fused.kernel_with(torch._VF.rnn_tanh, torch.rnn_tanh_cell, _tanh.trace),
    native=native.kernel("elman", _tanh),
)
RELU_IMPLEMENTATIONS = Implementations(
    reference=_relu,
    fused=fused.kernel_with(torch._VF.rnn_relu, torch.rnn_relu_cell, _relu.trace),
    native=native.kernel("elman-relu", _relu),
)
