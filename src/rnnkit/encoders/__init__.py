"""Kinds of input, as vectors over time.

In: a `SequenceBatch` of raw time steps, or one of them. Out: `(B, T, D)`, fewer time steps where rates differ, or
`(B, D)`. Imports: dropout, sequence.
Tested by: tests/laws/, tests/encoders/.
"""

from collections.abc import Callable
from typing import Any

import torch

from rnnkit.encoders.convolved_frames import ConvolvedFrames
from rnnkit.encoders.frames import LinearFrames
from rnnkit.encoders.moves import MoveEncoder
from rnnkit.encoders.pictures.convolved_pictures import ConvolvedPictures
from rnnkit.encoders.pictures.frame_pictures import FramePictures
from rnnkit.encoders.pictures.pictures import GridEncoder
from rnnkit.encoders.prenet import Prenet
from rnnkit.encoders.tokens.convolved_tokens import ConvolvedTokens
from rnnkit.encoders.tokens.subwords import SubwordEmbedding
from rnnkit.encoders.tokens.tokens import Embedding, OneHot
from rnnkit.encoders.vectors import Vectors

ENCODERS: dict[str, Callable[[int, int], Any]] = {
    "one-hot": lambda kinds, width: OneHot(kinds),
    "embedding": Embedding,
    "subwords": lambda kinds, width: SubwordEmbedding(kinds, kinds, width),
    "convolved-pictures": ConvolvedPictures,
    "frame-pictures": lambda kinds, width: FramePictures(1, kinds, width, channels=(8,)),
    "frames": lambda kinds, width: LinearFrames(torch.zeros(kinds), torch.ones(kinds), width),
    "moves": lambda kinds, width: MoveEncoder(kinds),
    "convolved-tokens": ConvolvedTokens,
    "prenet": Prenet,
    "convolved": lambda kinds, width: ConvolvedFrames(torch.zeros(kinds), torch.ones(kinds), width),
}
"""Every encoder by name: a small one's builder from the number of its tokens (or features) and a width D, which
some have of their own. `tests/laws/` run over them."""

__all__ = [
    "ENCODERS",
    "ConvolvedFrames",
    "ConvolvedPictures",
    "ConvolvedTokens",
    "Embedding",
    "FramePictures",
    "GridEncoder",
    "LinearFrames",
    "MoveEncoder",
    "OneHot",
    "Prenet",
    "SubwordEmbedding",
    "Vectors",
]
