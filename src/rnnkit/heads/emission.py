"""What a head that nobody aligned writes as time steps come."""

from __future__ import annotations

from typing import NamedTuple


class Emission(NamedTuple):
    """A token that was written."""

    token: int
    time_step: int
    """at which it came"""
    log_prob: float
    """of the token there"""
    confidence: float
    """its probability there among all tokens, the blank left out: how sure what comes is, whenever it comes"""
