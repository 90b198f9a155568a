"""The layer-normalised GRU as pure functions. PyTorch has no operator for it.

In: `x (B, T, D)`, lengths, `(h,)`, weights. Out: `y (B, T, H)`, `(h,)`. Imports: kernels' shared files.
Tested by: tests/laws/, tests/kernels/.
"""

from rnnkit.kernels import native
from rnnkit.kernels import reference as plain
from rnnkit.kernels.choose import Implementations
from rnnkit.kernels.norm_gru import reference

_reference = plain.kernel(reference.step)

IMPLEMENTATIONS = Implementations(reference=_reference, fused=_reference, native=native.kernel("norm-gru", _reference))
