"""A task in words."""

from __future__ import annotations

from typing import NamedTuple


class About(NamedTuple):
    """A task in words, for the command line."""

    input: str
    output: str
    metrics: str
    shape: str
    """of the network"""
    data: str
    """what it learns from"""
    example: str
    """a command that trains"""
