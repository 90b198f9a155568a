"""How good a model is, in the field's own measures, and the plain baselines beside it.

In: targets, and labels or probabilities that were found. Out: scores. Imports: data, checkpoint. Tested by:
tests/metrics/.
"""

from rnnkit.metrics.bag_of_words import BagOfWords
from rnnkit.metrics.calibration import calibrated, probabilities_of
from rnnkit.metrics.captions import score_captions
from rnnkit.metrics.classification import confusion, per_class, reliability, score_classes, score_labels, with_intervals
from rnnkit.metrics.commonest_tag import CommonestTag
from rnnkit.metrics.dictionary import Dictionary
from rnnkit.metrics.language import CELLS_AT_ONCE, LanguageScore, score_baseline, spread
from rnnkit.metrics.linear import Linear, summary
from rnnkit.metrics.nearest import NearestCaption
from rnnkit.metrics.ngram import NgramModel
from rnnkit.metrics.ranking import score_ranking
from rnnkit.metrics.segments import score_steps
from rnnkit.metrics.spans import Scheme, as_bio, looks_marked, scheme_named, scheme_of, score_spans, spans_of
from rnnkit.metrics.summaries import LeadingWords, score_summaries
from rnnkit.metrics.tagging import score_tags, tag_error
from rnnkit.metrics.translation import bleu_tokenizer, score_translations

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
