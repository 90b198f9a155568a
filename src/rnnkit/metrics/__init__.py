"""How good a model is, in the field's own measures, and the plain baselines beside it.

In: targets, and labels or probabilities that were found. Out: scores. Imports: data, checkpoint. Tested by:
tests/metrics/.
"""

from rnnkit.metrics.bag_of_words import BagOfWords
from rnnkit.metrics.calibration import calibrated, probabilities_of
from rnnkit.metrics.classification import confusion, per_class, reliability, score_classes, score_labels, with_intervals
from rnnkit.metrics.commonest_tag import CommonestTag
from rnnkit.metrics.language import CELLS_AT_ONCE, LanguageScore, score_baseline, spread
from rnnkit.metrics.linear import Linear, summary
from rnnkit.metrics.ngram import NgramModel
from rnnkit.metrics.segments import score_steps
from rnnkit.metrics.spans import Scheme, as_bio, looks_marked, scheme_named, scheme_of, score_spans, spans_of
from rnnkit.metrics.tagging import score_tags, tag_error

__all__ = [
    "CELLS_AT_ONCE",
    "BagOfWords",
    "CommonestTag",
    "LanguageScore",
    "Linear",
    "NgramModel",
    "Scheme",
    "as_bio",
    "calibrated",
    "confusion",
    "looks_marked",
    "per_class",
    "probabilities_of",
    "reliability",
    "scheme_named",
    "scheme_of",
    "score_baseline",
    "score_classes",
    "score_labels",
    "score_spans",
    "score_steps",
    "score_tags",
    "spans_of",
    "spread",
    "summary",
    "tag_error",
    "with_intervals",
]
