"""Text as it is generated: pieces that can be shown at once, until a length, an end or a stop string."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch

from rnnkit.data.tokenizers import END, Tokenizer
from rnnkit.heads import CategoricalSampler
from rnnkit.streaming.text_stream import TextStream


class Ending(NamedTuple):
    """How a generated text ended."""

    tokens: int
    stopped: str
    """"length", "end" (the end mark), or "stop" (a stop string)"""


def written(
    stream: TextStream,
    tokenizer: Tokenizer,
    sampler: CategoricalSampler,
    generator: torch.Generator,
    length: int,
    stop: Sequence[str] = (),
) -> Iterator[str | Ending]:
    """Generates at most `length` tokens from a stream of one row: pieces of text as they are made, then how it ended.

    What might be the beginning of a `stop` string is held back until it is known. Nothing else is kept; the stream
    moves along.
    """
    text_of = tokenizer.decoder(int(stream.last[0]))
    held, count, why = "", 0, "length"
    hold = max((len(string) for string in stop), default=1) - 1
    run = stream.run(sampler, [generator])
    while count < length:
        token = int(next(run))
        if token == END:
            why = "end"
            break
        count += 1
        held += text_of(token)
        place = min((held.index(string) for string in stop if string in held), default=None)
        if place is not None:
            held, why = held[:place], "stop"
            break
        cut = len(held) - hold
        if cut > 0:
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held
    yield Ending(count, why)
