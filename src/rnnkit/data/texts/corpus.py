"""A text as token numbers in a memory-mapped file: made once, then read from the disk as needed."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.texts.text import Block
from rnnkit.data.texts.units import split
from rnnkit.data.tokenizers import END, UNKNOWN, Tokenizer, decode
from rnnkit.errors import UserError


@dataclass(frozen=True)
class CorpusSize:
    """What was counted while a corpus was written."""

    tokens: int
    """without the end marks that open files, with those that end units"""
    characters: int
    """Unicode code points; in a corpus of units, one more a unit for what parted it from the next"""
    unknown: int
    units: int
    """0 in a corpus that is one stream"""
    width: int
    """bytes a token"""


class Corpus:
    """Token numbers on disk. A stream is one run of them, each file opened by an end mark; units each close
    with one, and `offsets` has the place of each unit's first token, then the end of the last.
    """

    def __init__(self, tokens: NDArray[np.unsignedinteger], offsets: NDArray[np.int64] | None, size: CorpusSize):
        self.tokens, self.offsets, self.size = tokens, offsets, size

    def __len__(self) -> int:
        """The count of all token numbers, opening end marks included."""
        return len(self.tokens)


def hold_out(corpus: Corpus, tokenizer: Tokenizer, share: float, limit: int) -> tuple[Corpus, Corpus]:
    """The corpus without its end, and its end: `share` of it, at most `limit` tokens, at least one."""
    if corpus.offsets is None:
        kept = len(corpus) - max(1, min(round(share * len(corpus)), limit))
        opening = np.full(1, END, corpus.tokens.dtype)
        rest = Corpus(corpus.tokens[:kept], None, _sized(corpus, corpus.tokens[:kept], 0, None))
        tail = np.concatenate([opening, corpus.tokens[kept:]])
        return rest, Corpus(tail, None, _sized(corpus, tail, 0, tokenizer))
    units = corpus.size.units
    kept = units - max(1, round(share * min(units, limit * units / len(corpus))))
    border = int(corpus.offsets[kept])
    rest_tokens, tail = corpus.tokens[:border], np.array(corpus.tokens[border:])
    rest = Corpus(rest_tokens, corpus.offsets[: kept + 1], _sized(corpus, rest_tokens, kept, None))
    return rest, Corpus(tail, corpus.offsets[kept:] - border, _sized(corpus, tail, units - kept, tokenizer))


def _sized(whole: Corpus, tokens: NDArray[np.unsignedinteger], units: int, tokenizer: Tokenizer | None) -> CorpusSize:
    """The size of a part: exact where a tokenizer is given to count its characters, else in proportion."""
    scored = len(tokens) - (units == 0)
    if tokenizer is None:
        share = scored / max(whole.size.tokens, 1)
        return CorpusSize(
            scored,
            round(share * whole.size.characters),
            round(share * whole.size.unknown),
            units,
            whole.size.width,
        )
    unknown = int((tokens == UNKNOWN).sum())
    text = decode(tokenizer, tokens[tokens != END])
    return CorpusSize(scored, len(text) + units, unknown, units, whole.size.width)


def write_corpus(
    blocks: Iterable[Block], tokenizer: Tokenizer, path: Path, sequence: str, language: str = "en"
) -> Corpus:
    """Tokenises the blocks once into `path` (and `path`'s `.json`, `.units`), and opens what it wrote.

    The description is written last and at once: where it is, the corpus is whole.
    """
    vocabulary = len(tokenizer.pieces)
    dtype = np.uint8 if vocabulary <= 1 << 8 else np.uint16 if vocabulary <= 1 << 16 else np.uint32
    end = np.full(1, END, dtype=dtype)
    tokens = characters = unknown = units = position = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file, open(path.with_suffix(".units"), "wb") as places:
        for block in blocks:
            for text in [block.text] if sequence == "stream" else split(block.text, sequence, language):
                numbers = tokenizer.encode(text)
                unknown += int((numbers == UNKNOWN).sum())
                if sequence == "stream":
                    if block.opens_file:
                        file.write(end.tobytes())
                    file.write(numbers.astype(dtype).tobytes())
                    tokens, characters = tokens + len(numbers), characters + len(text)
                else:
                    places.write(np.int64(position).tobytes())
                    file.write(numbers.astype(dtype).tobytes() + end.tobytes())
                    units, position = units + 1, position + len(numbers) + 1
                    tokens, characters = tokens + len(numbers) + 1, characters + len(text) + 1
        if units:
            places.write(np.int64(position).tobytes())
    size = CorpusSize(tokens, characters, unknown, units, np.dtype(dtype).itemsize)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(size)))
    os.replace(partial, path.with_suffix(".json"))
    return open_corpus(path)


def open_corpus(path: Path) -> Corpus:
    """The corpus that `write_corpus` left at `path`, mapped, not read."""
    try:
        size = CorpusSize(**json.loads(path.with_suffix(".json").read_text()))
        tokens = _mapped(path, np.dtype(f"u{size.width}"))
        offsets = _mapped(path.with_suffix(".units"), np.dtype(np.int64)) if size.units else None
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"expected the tokens of a text at {path}, but they are damaged ({error}); train anew"
        ) from None
    return Corpus(tokens, offsets, size)


def _mapped(path: Path, dtype: np.dtype) -> NDArray:  # type: ignore[type-arg]
    if path.stat().st_size == 0:
        return np.zeros(0, dtype)
    return np.memmap(path, dtype=dtype, mode="r")


def forget_pages(corpus: Corpus) -> None:
    """Lets go of the file's pages that were read so far; the next reads fetch theirs again.

    Without it a mapped corpus seems to fill the memory that a process uses, though it could be dropped.
    """
    for array in (corpus.tokens, corpus.offsets):
        mapping = getattr(array, "_mmap", None)
        if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
            mapping.madvise(mmap.MADV_DONTNEED)
