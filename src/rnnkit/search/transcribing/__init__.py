"""Searches for a text of a sequence that nobody aligned with it, and where in it each token is."""

from rnnkit.search.transcribing.alignment import Placed, align
from rnnkit.search.transcribing.ctc import PrefixBeam, Texts, prefix_beam_search
from rnnkit.search.transcribing.transduction import Heard, TransducerBeam, transducer_beam_search

__all__ = [
    "Heard",
    "Placed",
    "PrefixBeam",
    "Texts",
    "TransducerBeam",
    "align",
    "prefix_beam_search",
    "transducer_beam_search",
]
