"""Live sequences: a stream is a model and one state, and many streams step as one batch.

In: a model, time steps. Out: answers. Imports: search, data, models, contract, state. Tested by: tests/streaming/,
tests/laws/.
"""

from rnnkit.streaming.pen_stream import PenRows, PenStream
from rnnkit.streaming.stream import Stream
from rnnkit.streaming.text_stream import TextStream
from rnnkit.streaming.writing import Ending, written

__all__ = ["Ending", "PenRows", "PenStream", "Stream", "TextStream", "written"]
