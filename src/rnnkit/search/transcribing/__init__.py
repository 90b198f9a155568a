"""Searches for a text of a sequence that nobody aligned with it, and where in it each token is."""

from rnnkit.search.transcribing.alignment import Placed, align
from rnnkit.search.transcribing.ctc import PrefixBeam, Texts, prefix_beam_search

__all__ = ["Placed", "PrefixBeam", "Texts", "align", "prefix_beam_search"]
