"""NumPy arrays by what they hold, as signatures name them. Shapes are said where they are used."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Numbers: TypeAlias = NDArray[np.int64]
"""whole ones: which rows, how many time steps"""
Floats: TypeAlias = NDArray[np.float64]
Floats32: TypeAlias = NDArray[np.float32]
Booleans: TypeAlias = NDArray[np.bool_]
Pixels: TypeAlias = NDArray[np.uint8]
"""`(…, C)`: grey where C is 1, red, green and blue where it is 3"""
Frames: TypeAlias = NDArray[np.float32]
"""`(T, …)`: of sounds, inks, lines and videos, time step by time step"""
Probabilities: TypeAlias = NDArray[np.float64]
"""`(…, C)`: of C labels"""
