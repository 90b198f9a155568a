"""Tensors and facts on disk: safetensors and one JSON object, tagged and versioned, never pickled.

In: named tensors, facts. Out: files, and the same back. Imports: errors. Tested by: tests/checkpoint/.
"""

from rnnkit.checkpoint.damage import fits, positive, undamaged
from rnnkit.checkpoint.file import check_place, load, replacing, save, write_text
from rnnkit.checkpoint.json_text import json_text
from rnnkit.checkpoint.parameters import check_fit, fill, parameters_of

__all__ = [
    "check_fit",
    "check_place",
    "fill",
    "fits",
    "json_text",
    "load",
    "parameters_of",
    "positive",
    "replacing",
    "save",
    "undamaged",
    "write_text",
]
