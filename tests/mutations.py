"""Damage of files, drawn at random: JSON of which a part is gone, of another type or extreme; bytes cut or altered."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXTREMES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 7, 1 << 31, 1 << 62, -(1 << 62), 10**30, 0.5, -0.0, 1e-300, 1e308, float("nan"),
    float("inf"), "", "x", "x" * 5000, "\ud800", "\x00", "$5_$", "../..", [], [[]], [None], ["a", 1], [0], {}, {"a": 1},
    {"": []},
)  # fmt: skip


def damaged(data: bytes, name: str, chance: random.Random) -> bytes:
    """A file's bytes, damaged."""
    if name.endswith(".json") and chance.random() < 0.85:
        return _other_json(data, chance)
    kind = chance.randrange(5)
    place = chance.randrange(len(data) + 1) if data else 0
    if kind == 0:
        return data[:place]
    if kind == 1:
        return data[:place] + data[place + chance.randrange(1, 20) :]
    if kind == 2:
        return data[:place] + chance.randbytes(chance.randrange(1, 20)) + data[place:]
    if kind == 3 and place < len(data):
        return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]
    return chance.choice((b"", b"{}", b"[]", b"null", b"7", b'"x"', b"[" * 20_000, b"\xff\xfe", b'{"a": ' * 5000))


def _other_json(data: bytes, chance: random.Random) -> bytes:
    tree = {"": json.loads(data)}
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = [place for place in _places(tree) if place[1] != ""]
        if not places:
            break
        # As many high up as deep down, where most places are.
        depth = chance.choice(sorted({place[2] for place in places}))
        parent, key, _ = chance.choice([place for place in places if place[2] == depth])
        if chance.random() < 0.3:
            del parent[key]
        else:
            parent[key] = copy.deepcopy(chance.choice((*EXTREMES, _near(parent[key], chance))))
    return json.dumps(tree.get("")).encode()


def _near(value: Any, chance: random.Random) -> Any:
    """A value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value * chance.choice((-1, 0, 2, 1000)) + chance.choice((0, 1))
    if isinstance(value, str):
        return value[1:] + chance.choice(("", "x", "é"))
    if isinstance(value, list):
        return chance.choice((value[1:], value * 2, list(reversed(value)), [*value, *value[:1]]))
    return {**value, "more": 1} if isinstance(value, dict) else 3


def _places(tree: Any, depth: int = 0) -> Iterator[tuple[Any, Any, int]]:
    keys = list(tree) if isinstance(tree, dict) else range(min(len(tree), 50)) if isinstance(tree, list) else []
    for key in keys:
        yield tree, key, depth
        yield from _places(tree[key], depth + 1)


def files_of(run: Path) -> list[str]:
    """The names of a run's files that are read when it is used."""
    return sorted(path.name for path in run.iterdir() if path.suffix in (".json", ".safetensors"))
