"""How much of a generated text stands word for word in the text that was learned from."""

from __future__ import annotations

from collections.abc import Iterable

from rnnkit.data.texts.text import Block


def longest_passage(sample: str, blocks: Iterable[Block]) -> str:
    """The longest stretch of `sample` that also stands in the text of `blocks`; of equals the first.

    Stretches that lie across the border of two blocks are found too; memory is that of a block.
    """
    best, tail = "", ""
    for block in blocks:
        text = tail + block.text
        start = 0
        while start + len(best) < len(sample):
            while start + len(best) < len(sample) and sample[start : start + len(best) + 1] in text:
                best = sample[start : start + len(best) + 1]
            start += 1
        tail = text[-len(sample) :] if sample else ""
    return best
