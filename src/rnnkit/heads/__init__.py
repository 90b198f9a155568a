"""Kinds of answer; each owns its loss, its predictions, its sampling, and what goes back in.

In: features `(N, F)`, or of time steps, `(B, T, H)`. Out: losses `(B,)`, log-probabilities, answers. Imports: errors,
sequence, state, cores, kernels. Tested by: tests/heads/, tests/laws/.
"""

from collections.abc import Callable
from typing import Any

from rnnkit.cells import gru
from rnnkit.cores import Stack
from rnnkit.heads.chain import LinearChainCRF, SoftmaxTagger
from rnnkit.heads.classes import MultiLabelClassifier, SoftmaxClassifier
from rnnkit.heads.ctc import BLANK, CTC
from rnnkit.heads.tokens.adaptive import AdaptiveCategorical
from rnnkit.heads.tokens.categorical import Categorical
from rnnkit.heads.tokens.pointer import PointerGenerator
from rnnkit.heads.tokens.sampled import SampledCategorical
from rnnkit.heads.tokens.sampler import CategoricalSampler
from rnnkit.heads.transduction import RecurrentPrediction, StatelessPrediction, Transduction

TOKEN_HEADS: dict[str, Callable[[int, int], Any]] = {
    "full": Categorical,
    "adaptive": lambda width, vocabulary: AdaptiveCategorical(width, vocabulary, [max(vocabulary // 3, 1)]),
    "sampled": lambda width, vocabulary: SampledCategorical(Categorical(width, vocabulary), max(vocabulary // 2, 1)),
}
"""Every head over tokens by the name that a configuration uses: a small one's builder from a width and a number of
tokens."""

TEXT_HEADS: dict[str, Callable[[int, int], Any]] = {
    "ctc": CTC,
    "transduction": lambda width, tokens: Transduction(
        width, RecurrentPrediction(tokens, Stack([gru(5, 6)])), tokens, joint=7
    ),
    "stateless-transduction": lambda width, tokens: Transduction(
        width, StatelessPrediction(tokens, 3), tokens, joint=7, ctc_weight=0.3
    ),
}
"""Every head over texts that are not aligned with time steps: a small one's builder from a width and a number of
tokens, the blank counted. `tests/laws/test_text_heads.py` runs over them."""

HEADS: dict[str, Callable[[int, int], Any]] = {
    "classifier": SoftmaxClassifier,
    "multi-label": MultiLabelClassifier,
    "tagger": SoftmaxTagger,
    "crf": LinearChainCRF,
    **TOKEN_HEADS,
}
"""Every head by name: a small one's builder from a width and a number of classes. `tests/laws/` run over them."""

__all__ = [
    "BLANK",
    "CTC",
    "HEADS",
    "TEXT_HEADS",
    "TOKEN_HEADS",
    "AdaptiveCategorical",
    "Categorical",
    "CategoricalSampler",
    "LinearChainCRF",
    "MultiLabelClassifier",
    "PointerGenerator",
    "RecurrentPrediction",
    "SampledCategorical",
    "SoftmaxClassifier",
    "SoftmaxTagger",
    "StatelessPrediction",
    "Transduction",
]
