"""Arrays that are kept in memory while they are small, else in files without names, of which memory holds what is
looked at."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

LARGE = 1 << 25
"""bytes that are kept in memory"""
SEGMENT = 1 << 26
"""bytes of a file that many arrays share"""
ALIGNED = 64


def joined(blocks: Iterable[NDArray[Any]], large: int = LARGE) -> NDArray[Any]:
    """Blocks `(n, …)` one after the other as one array `(N, …)`, in a file where that is `large`. There is at least
    one; all have one type, and one shape but for the first axis. Raises `OSError` where the disk is full."""
    held: list[NDArray[Any]] = []
    coming, size = iter(blocks), 0
    for block in coming:
        held.append(block)
        size += block.nbytes
        if size > large:
            return _in_file(held, coming)
    return held[0] if len(held) == 1 else np.concatenate(held)


def _in_file(held: list[NDArray[Any]], coming: Iterable[NDArray[Any]]) -> NDArray[Any]:
    dtype, shape, count = held[0].dtype, held[0].shape[1:], 0
    with tempfile.TemporaryFile() as file:
        for part in (held, coming):
            for block in part:
                file.write(np.ascontiguousarray(block, dtype).data)
                count += len(block)
        file.flush()
        # The mapping keeps the file. What is written to it is not written there.
        return np.memmap(file, dtype, "c", shape=(count, *shape))


class Spool:
    """Any number of arrays, from any thread: the first `large` bytes of them in memory, others in shared files."""

    def __init__(self, large: int = LARGE) -> None:
        self._left, self._lock = large, threading.Lock()
        self._segment: NDArray[np.uint8] = np.empty(0, np.uint8)
        self._at = 0

    def __reduce__(self) -> tuple[type[Spool], tuple[()]]:
        return Spool, ()  # copies begin empty: whoever has an array keeps it

    def joined(self, blocks: Iterable[NDArray[Any]]) -> NDArray[Any]:
        """As the function of this name does. Raises `OSError` where the disk is full."""
        made = joined(blocks)
        if isinstance(made, np.memmap):
            return made
        with self._lock:
            if made.nbytes <= self._left:
                self._left -= made.nbytes
                return made
            room = self._room(made.nbytes)
        kept: NDArray[Any] = room.view(made.dtype).reshape(made.shape)
        kept[...] = made
        return kept

    def _room(self, size: int) -> NDArray[np.uint8]:
        if self._at + size > len(self._segment):
            with tempfile.TemporaryFile() as file:
                _reserve(file, SEGMENT)
                self._segment, self._at = np.memmap(file, np.uint8, "r+", shape=(SEGMENT,)), 0
        start = self._at
        self._at += -(-size // ALIGNED) * ALIGNED
        return self._segment[start : start + size]


def _reserve(file: IO[bytes], size: int) -> None:
    """Makes a file so large that writing to it cannot fail."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:
        file.write(bytes(size))
        file.flush()
