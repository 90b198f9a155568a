"""The recurrences as pure functions, each in a plain reference form and a fused form.

In: tensors. Out: tensors. Imports: sequence, errors. Tested by: tests/laws/, tests/oracles/.

`choose` decides which form runs and says why; `forced("reference")` overrides it.
"""

from rnnkit.kernels.choose import Choice, Forms, Kernel, choose, forced
from rnnkit.kernels.weights import States, Weights

__all__ = ["Choice", "Forms", "Kernel", "States", "Weights", "choose", "forced"]
