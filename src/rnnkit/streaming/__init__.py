"""Live sequences: a stream is a model and one state, and many streams step as one batch.

In: a model, moments. Out: moments. Imports: search, models, state. Tested by: tests/streaming/.
"""

from rnnkit.streaming.live_conversation import LiveConversation
from rnnkit.streaming.stream import Stream

__all__ = ["LiveConversation", "Stream"]
