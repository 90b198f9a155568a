"""Finding anomalies in series as they come: unsupervised, one value at a time, in constant memory.

In: one value of each of many series, their state, their time. Out: an answer and the state after it. Imports: cells,
cores, configuration, state. Tested by: tests/detection/.
"""

from rnnkit.detection.answer import Answer
from rnnkit.detection.detector import Detector
from rnnkit.detection.memory import Learned, Memory
from rnnkit.detection.options import DetectorOptions
from rnnkit.detection.standardising import standardised_series

__all__ = ["Answer", "Detector", "DetectorOptions", "Learned", "Memory", "standardised_series"]
