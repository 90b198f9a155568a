"""Finding anomalies in series as they come: unsupervised, one value at a time, in constant memory.

In: one value of each of many series, their state, their time. Out: an answer and the state after it. Imports: cells,
cores, configuration, kernels, state. Tested by: tests/detection/.
"""

from rnnkit.detection.answer import Answer
from rnnkit.detection.detector import Detector
from rnnkit.detection.echo import echo_core
from rnnkit.detection.live import FrozenDetector, LiveDetector
from rnnkit.detection.memory import Learned, Memory
from rnnkit.detection.options import DetectorOptions
from rnnkit.detection.standardising import standardised_series

__all__ = [
    "Answer",
    "Detector",
    "DetectorOptions",
    "FrozenDetector",
    "Learned",
    "LiveDetector",
    "Memory",
    "echo_core",
    "standardised_series",
]
