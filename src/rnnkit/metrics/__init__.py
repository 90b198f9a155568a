"""How good a model is, in the field's own measures, and the plain baselines beside it.

In: targets, and labels or probabilities that were found. Out: scores. Imports: data, checkpoint. Tested by:
tests/metrics/.
"""

from rnnkit.metrics.baselines.bag_of_words import BagOfWords
from rnnkit.metrics.baselines.commonest_tag import CommonestTag
from rnnkit.metrics.baselines.dictionary import Dictionary
from rnnkit.metrics.baselines.linear import Linear, summary
from rnnkit.metrics.baselines.nearest import NearestCaption
from rnnkit.metrics.baselines.ngram import NgramModel
from rnnkit.metrics.labels.calibration import calibrated, probabilities_of
from rnnkit.metrics.labels.classification import (
    confusion,
    per_class,
    reliability,
    score_classes,
    score_labels,
    with_intervals,
)
from rnnkit.metrics.labels.ranking import score_ranking
from rnnkit.metrics.labels.segments import score_steps
from rnnkit.metrics.labels.spans import Scheme, as_bio, looks_marked, scheme_named, scheme_of, score_spans, spans_of
from rnnkit.metrics.labels.tagging import score_tags, tag_error
from rnnkit.metrics.texts.captions import score_captions
from rnnkit.metrics.texts.language import CELLS_AT_ONCE, LanguageScore, score_baseline, spread
from rnnkit.metrics.texts.summaries import LeadingWords, score_summaries
from rnnkit.metrics.texts.translation import bleu_tokenizer, score_translations

__all__ = [
    "CELLS_AT_ONCE",
    "BagOfWords",
    "CommonestTag",
    "Dictionary",
    "LanguageScore",
    "LeadingWords",
    "Linear",
    "NearestCaption",
    "NgramModel",
    "Scheme",
    "as_bio",
    "bleu_tokenizer",
    "calibrated",
    "confusion",
    "looks_marked",
    "per_class",
    "probabilities_of",
    "reliability",
    "scheme_named",
    "scheme_of",
    "score_baseline",
    "score_captions",
    "score_classes",
    "score_labels",
    "score_ranking",
    "score_spans",
    "score_steps",
    "score_summaries",
    "score_tags",
    "score_translations",
    "spans_of",
    "spread",
    "summary",
    "tag_error",
    "with_intervals",
]
