"""How good a model is, in the field's own measures, and the plain baselines beside it.

In: a model and chunks. Out: scores. Imports: models, data. Tested by: tests/metrics/.
"""

from rnnkit.metrics.language import LanguageScore, score, score_baseline, surprises
from rnnkit.metrics.ngram import NgramModel

__all__ = ["LanguageScore", "NgramModel", "score", "score_baseline", "surprises"]
