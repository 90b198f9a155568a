"""Tensors and facts on disk: safetensors and one JSON object, tagged and versioned, never pickled.

In: named tensors, facts. Out: files, and the same back. Imports: errors. Tested by: tests/checkpoint/.
"""

from rnnkit.checkpoint.file import load, replacing, save, write_text
from rnnkit.checkpoint.parameters import fill, parameters_of

__all__ = ["fill", "load", "parameters_of", "replacing", "save", "write_text"]
