"""The recurrences as pure functions, each in up to three implementations: reference, fused, native.

In: tensors. Out: tensors. Imports: sequence, errors. Tested by: tests/laws/, tests/oracles/.

`choose` decides which implementation runs and says why; `forced("reference")` overrides it.
"""

from rnnkit.kernels.choose import Choice, Implementations, Kernel, choose, forced
from rnnkit.kernels.obstacles import native_obstacle
from rnnkit.kernels.weights import NO_EXTRAS, Extras, States, Weights

__all__ = [
    "NO_EXTRAS",
    "Choice",
    "Extras",
    "Implementations",
    "Kernel",
    "States",
    "Weights",
    "choose",
    "forced",
    "native_obstacle",
]
