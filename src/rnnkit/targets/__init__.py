"""What is predicted of a column: names, numbers, scores with their titles, what always the commonest would score, worst
mistakes, and the plain models to be beaten; one file a kind.

In: labels, and what a network found. Out: numbers, scores. Imports: data, metrics, inspection. Tested by: tests/tasks/.
"""

from rnnkit.targets.baselines import Baseline, bag_of_words, commonest_tag, linear
from rnnkit.targets.boxes import BoxLabels
from rnnkit.targets.label import Label
from rnnkit.targets.labels import Labels, f1_error
from rnnkit.targets.ranked import RankedLabel, RankedLabels
from rnnkit.targets.steps import StepLabels
from rnnkit.targets.tags import Span, Tags
from rnnkit.targets.target import WORST, Target, draw_confusions, prefixed

__all__ = [
    "WORST",
    "Baseline",
    "BoxLabels",
    "Label",
    "Labels",
    "RankedLabel",
    "RankedLabels",
    "Span",
    "StepLabels",
    "Tags",
    "Target",
    "bag_of_words",
    "commonest_tag",
    "draw_confusions",
    "f1_error",
    "linear",
    "prefixed",
]
