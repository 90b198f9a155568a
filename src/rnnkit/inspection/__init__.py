"""Looking inside: how far gradients reach, what moved an answer, curves and pictures, what was memorised.

In: models, logs, texts. Out: numbers, sentences, PNG files. Imports: models, data, sequence, state. Tested by:
tests/inspection/.
"""

from rnnkit.inspection.attribution import Attribution, integrated_gradients
from rnnkit.inspection.explanation import (
    Explainable,
    Explanation,
    Question,
    Reason,
    attention_of,
    explain,
    label_question,
    log_odds_of,
)
from rnnkit.inspection.explanation_page import page
from rnnkit.inspection.overlap import longest_passage
from rnnkit.inspection.pictures.curves import draw_confusion, draw_losses, draw_reach, draw_reliability
from rnnkit.inspection.pictures.explanations import draw_explanation
from rnnkit.inspection.reach import Reach, gradient_reach, probe_chunk

__all__ = [
    "Attribution",
    "Explainable",
    "Explanation",
    "Question",
    "Reach",
    "Reason",
    "attention_of",
    "draw_confusion",
    "draw_explanation",
    "draw_losses",
    "draw_reach",
    "draw_reliability",
    "explain",
    "gradient_reach",
    "integrated_gradients",
    "label_question",
    "log_odds_of",
    "longest_passage",
    "page",
    "probe_chunk",
]
