"""Arrays that are kept in files where they are large."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from rnnkit.data import spool
from rnnkit.data.spool import Spool, joined


def blocks(seed: int) -> list[np.ndarray]:
    chance = np.random.default_rng(seed)
    return [chance.integers(0, 255, (int(chance.integers(1, 9)), 5, 3)).astype(np.uint8) for _ in range(7)]


def test_blocks_are_joined_the_same_in_memory_and_in_a_file() -> None:
    for large in (0, 100, 1 << 20):
        found = joined(iter(blocks(1)), large)
        assert np.array_equal(found, np.concatenate(blocks(1)))
        assert isinstance(found, np.memmap) == (large < 1 << 20)
        found[0] = 0  # whoever has it may write to it


def test_many_arrays_from_many_threads_stay_what_they_were() -> None:
    kept = Spool(large=200)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda seed: kept.joined(iter(blocks(seed))), range(200)))
    for seed, array in enumerate(found):
        assert np.array_equal(array, np.concatenate(blocks(seed)))
    assert sum(isinstance(array.base, np.ndarray) for array in found) > 150


def test_a_segment_that_is_full_is_followed_by_another() -> None:
    kept, size = Spool(large=0), spool.SEGMENT // 3 - 5
    found = [kept.joined(iter([np.full(size, number, np.uint8)])) for number in range(5)]
    assert [int(array.min()) for array in found] == [int(array.max()) for array in found] == list(range(5))


def test_copies_of_a_spool_begin_empty() -> None:
    kept = Spool(large=0)
    kept.joined(iter(blocks(1)))
    for other in (copy.deepcopy(kept), pickle.loads(pickle.dumps(kept))):
        assert np.array_equal(other.joined(iter(blocks(2))), np.concatenate(blocks(2)))
