"""What is predicted of a column: names, numbers, scores with their titles, what always the commonest would score, worst
mistakes; one file a kind.

In: labels, and what a network found. Out: numbers, scores. Imports: data, metrics, inspection. Tested by: tests/tasks/.
"""

from rnnkit.tasks.targets.label import Label
from rnnkit.tasks.targets.labels import Labels, f1_error
from rnnkit.tasks.targets.steps import StepLabels
from rnnkit.tasks.targets.tags import Span, Tags
from rnnkit.tasks.targets.target import WORST, Target, draw_confusions, prefixed

__all__ = [
    "WORST",
    "Label",
    "Labels",
    "Span",
    "StepLabels",
    "Tags",
    "Target",
    "draw_confusions",
    "f1_error",
    "prefixed",
]
