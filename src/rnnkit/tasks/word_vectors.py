"""Word vectors from a file, as what a run's words begin with: kept in its folder, so that the file may go."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

from rnnkit.checkpoint import load, save
from rnnkit.data.tokenizers import MARKS
from rnnkit.data.vectors import read_vectors
from rnnkit.encoders import Words
from rnnkit.errors import UserError

VECTORS = Path("tokens") / "vectors.safetensors"


def take_vectors(folder: Path, file: str, words: list[str], embedding: int | None) -> tuple[int, dict[str, Any]]:
    """Keeps a file's vectors of `words` in `folder`: how wide they are, and what was found.

    Raises `UserError` where they are not as wide as an `embedding` that was asked for.
    """
    numbers, vectors = read_vectors(file, words)
    width = vectors.shape[1]
    if embedding not in (None, width):
        raise UserError(
            f"the vectors of {file} have width {width}, got --embedding {embedding}; leave --embedding away"
        )
    (folder / VECTORS).parent.mkdir(exist_ok=True)
    save(folder / VECTORS, "vectors", {"words": torch.from_numpy(numbers), "vectors": torch.from_numpy(vectors)}, {})
    found = {"file": file, "words": len(numbers), "of": len(words) - len(MARKS)}
    print(f"{file} has vectors of {found['words']:,} of {found['of']:,} words", file=sys.stderr)
    return width, found


def begin_with_vectors(encoder: Words, folder: Path) -> None:
    """Fills in what `take_vectors` kept."""
    tensors, _ = load(folder / VECTORS, "vectors")
    encoder.start_from(tensors["words"], tensors["vectors"])


def said_of_vectors(config: dict[str, Any]) -> list[str]:
    """The line of a model card about the vectors that a run began with, if it did."""
    found = config.get("vectors")
    if not found:
        return []
    of = f"{found['words']:,} of the {found['of']:,} words"
    return [f"it began with the word vectors of {found['file']}, which had vectors of {of}"]
