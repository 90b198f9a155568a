"""A conversation as it goes on: one model, which never changes, and one state, which does."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit.cores import Reader, Stack
from rnnkit.models import Conversation
from rnnkit.sequence import Sequence


class LiveConversation:
    """One call that a `Conversation` follows turn by turn, with the weights packed once: what `Conversation.step` says,
    sooner. Raises `NotStreamable` of a model that reads calls from both ends."""

    def __init__(self, model: Conversation) -> None:
        model.init_state(1)
        assert isinstance(model.core, Stack)
        self.model = model.eval()
        self._reader = Reader(model.reader)
        self._core = model.core.freeze().streams(1)

    def begin(self) -> None:
        """Forgets what was said: the next turn is a call's first."""
        self._core.restore(self.model.init_state(1))

    def hear(self, words: Tensor, voice: int) -> tuple[Tensor, Sequence]:
        """One turn's words `(W, 2 + K)`, and the number of who speaks: the turn's features `(1, F)`, and its words'."""
        model = self.model
        with torch.inference_mode():
            read = self._reader.read(model.encoder.vectors(words))
            lengths = torch.tensor([len(read)])
            own = Sequence(read[None] if len(read) else read.new_zeros(1, 1, self._reader.width), lengths)
            vectors = [pooling(own)[0] for pooling in model.poolings]
            vector = torch.cat([*vectors, model.voices.weight[voice : voice + 1]], dim=1)
            turn = torch.cat([self._core.step(vector), vector], dim=1)
            spread = turn[:, None].expand(-1, own.data.shape[1], -1)
            return turn, own.with_data(torch.cat([own.data, spread], dim=2))
