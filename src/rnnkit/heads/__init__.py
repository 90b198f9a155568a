"""Kinds of answer; each owns its loss, its sampling, and what goes back in.

In: features `(N, H)`, or of every moment `(B, T, H)`. Out: losses `(N,)`, log-probabilities `(N, V)`, answers; poolings
make one vector of many. Imports: errors, sequence, state. Tested by: tests/heads/, tests/laws/.
"""

from rnnkit.heads.adaptive import AdaptiveCategorical
from rnnkit.heads.categorical import Categorical
from rnnkit.heads.chain import LinearChain, Tags
from rnnkit.heads.classes import Classes, Labels
from rnnkit.heads.draw import Draw
from rnnkit.heads.pooling import POOLINGS, Ends
from rnnkit.heads.sampled import SampledCategorical

HEADS = {"full": Categorical, "adaptive": AdaptiveCategorical, "sampled": SampledCategorical}
"""Every head over tokens by the name that a configuration uses."""

__all__ = [
    "HEADS",
    "POOLINGS",
    "AdaptiveCategorical",
    "Categorical",
    "Classes",
    "Draw",
    "Ends",
    "Labels",
    "LinearChain",
    "SampledCategorical",
    "Tags",
]
