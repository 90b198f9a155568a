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


TOKENS = (
    b"NaN", b"-Infinity", b"1e999", b"-0", b"1e39", b"1_0", b"9" * 5000, b"0" * 400 + b"1", b"\\ud800", b"\xed\xa0\x80",
    b"\xff\xfe", b"\0", b"\xef\xbb\xbf", "٣".encode(), "İ".encode(), b"[" * 3000, b'{"a":' * 3000, b"(" * 3000, b"null",
    b"true", b"{}", b"[]", b'""', b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\\", b"=", b"[", b"]", b" ",
    b"2024-02-30", b"0001-01-01", b"9999-12-31T23:59:59.999999-14:00", b"24:00", b"2024-W53-7", b"2024Q4", b"1e-400",
    b"18446744073709551616", b"-9223372036854775809", b"999999999999999999h", b"inf", b"a" * 20_000, b"..", b"%",
)  # fmt: skip
"""what readers have stumbled over: extreme numbers and dates, halves of characters, nesting, quotation marks"""


def mutated(seeds: list[bytes], chance: random.Random) -> bytes:
    """One of some inputs, with bits turned over, parts cut out, doubled or put in from another, and `TOKENS`."""
    made = chance.choice(seeds)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 4, 8))):
        kind, begin = chance.randrange(7), chance.randrange(len(made) + 1)
        end = min(len(made), begin + chance.choice((1, 1, 2, 4, 16, 64)))
        if kind == 0 and end > begin:
            made = made[:begin] + bytes([made[begin] ^ (1 << chance.randrange(8))]) + made[begin + 1 :]
        elif kind == 1:
            made = made[:begin] + made[end:]
        elif kind == 2:
            made = made[:end] + made[begin:]
        elif kind == 3:
            other = chance.choice(seeds)
            made = made[:begin] + other[chance.randrange(len(other) + 1) :]
        elif kind == 4:
            made = made[:begin]
        else:
            made = made[:begin] + chance.choice(TOKENS) + made[begin if kind == 5 else end :]
    return made
