"""The LSTM as pure functions.

In: `x (B, T, D)`, lengths, `(h, c)`, weights. Out: `y (B, T, H)`, `(h, c)`. Imports: kernels' shared files.
Tested by: tests/laws/.
"""

from rnnkit.kernels import fused as pytorch
from rnnkit.kernels import native
from rnnkit.kernels import reference as plain
from rnnkit.kernels.choose import Implementations
from rnnkit.kernels.lstm import fused, reference

_reference = plain.kernel(reference.step)

IMPLEMENTATIONS = Implementations(
    reference=_reference,
    fused=pytorch.kernel(fused.dense, fused.packed, fused.step, _reference.trace),
    native=native.kernel("lstm", _reference),
)
