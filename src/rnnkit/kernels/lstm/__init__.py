"""The LSTM as pure functions.

In: `x (B, T, D)`, lengths, `(h, c)`, weights. Out: `y (B, T, H)`, `(h, c)`. Imports: kernels' shared files.
Tested by: tests/laws/.
"""

from rnnkit.kernels.choose import Forms, Kernel
from rnnkit.kernels.fused import scan_with
from rnnkit.kernels.lstm import fused, reference
from rnnkit.kernels.reference import repeat

FORMS = Forms(
    reference=Kernel(repeat(reference.step), reference.step),
    fused=Kernel(scan_with(fused.dense, fused.packed), fused.step),
)
