"""Heads over chords: which of K keys sound at a time step, each subset of them being an answer.

In: features `(N, H)`, or of time steps, `(B, T, H)`. Out: negative log-likelihoods, chords `(N, K)` of 0 and 1.
Imports: errors, sequence, heads. Tested by: tests/heads/test_keys.py, tests/laws/test_key_heads.py.
"""

from collections.abc import Callable

from rnnkit.heads.keys.chords import ChordHead
from rnnkit.heads.keys.independent import IndependentKeys
from rnnkit.heads.keys.nade import NadeKeys
from rnnkit.heads.keys.sampler import ChordSampler

KEY_HEADS: dict[str, Callable[[int, int], ChordHead]] = {
    "independent": IndependentKeys,
    "nade": lambda width, keys: NadeKeys(width, keys, 6),
}
"""Every head over chords by the name that a configuration uses: a small one's builder from a width and a number of
keys. `tests/laws/` run over them."""

__all__ = ["KEY_HEADS", "ChordHead", "ChordSampler", "IndependentKeys", "NadeKeys"]
