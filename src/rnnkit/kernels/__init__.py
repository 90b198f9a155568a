"""The recurrences as pure functions, each in three forms: reference, fused, native.

In: tensors. Out: tensors. Imports: sequence, errors. Tested by: tests/laws/, tests/oracles/.

`choose` decides which form runs and says why; `forced("reference")` overrides it.
"""

from rnnkit.kernels.choose import Choice, Forms, Kernel, choose, forced
from rnnkit.kernels.obstacles import native_obstacle
from rnnkit.kernels.weights import NO_EXTRAS, Extras, States, Weights

__all__ = [
    "NO_EXTRAS",
    "Choice",
    "Extras",
    "Forms",
    "Kernel",
    "States",
    "Weights",
    "choose",
    "forced",
    "native_obstacle",
]
