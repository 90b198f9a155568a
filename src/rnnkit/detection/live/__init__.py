"""A detector for live use: the state of many series in one block of memory, which each value changes in place.

In: a detector, a state. Out: live series. Imports: kernels, state. Tested by: tests/detection/test_live.py.
"""

from rnnkit.detection.live.frozen import FrozenDetector, LiveDetector

__all__ = ["FrozenDetector", "LiveDetector"]
