"""How good a model is, in the field's own measures, and the plain baselines beside it.

In: a model and chunks, or targets and probabilities. Out: scores. Imports: models, data. Tested by: tests/metrics/.
"""

from rnnkit.metrics.bag_of_words import BagOfWords
from rnnkit.metrics.calibration import calibrated, probabilities_of
from rnnkit.metrics.classification import confusion, per_class, reliability, score_classes, score_labels
from rnnkit.metrics.language import LanguageScore, score, score_baseline, surprises
from rnnkit.metrics.ngram import NgramModel

__all__ = [
    "BagOfWords",
    "LanguageScore",
    "NgramModel",
    "calibrated",
    "confusion",
    "per_class",
    "probabilities_of",
    "reliability",
    "score",
    "score_baseline",
    "score_classes",
    "score_labels",
    "surprises",
]
