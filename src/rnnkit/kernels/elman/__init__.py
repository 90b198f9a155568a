"""Elman's network as pure functions, with tanh and with relu.

In: `x (B, T, D)`, lengths, `(h,)`, weights. Out: `y (B, T, H)`, `(h,)`. Imports: kernels' shared files.
Tested by: tests/laws/.
"""

import torch

from rnnkit.kernels.choose import Forms, Kernel
from rnnkit.kernels.elman import fused, reference
from rnnkit.kernels.reference import repeat

_tanh = reference.step_with(torch.tanh)
_relu = reference.step_with(torch.relu)

TANH_FORMS = Forms(
    reference=Kernel(repeat(_tanh), _tanh),
    fused=fused.kernel_with(torch._VF.rnn_tanh, torch.rnn_tanh_cell),
)
RELU_FORMS = Forms(
    reference=Kernel(repeat(_relu), _relu),
    fused=fused.kernel_with(torch._VF.rnn_relu, torch.rnn_relu_cell),
)
