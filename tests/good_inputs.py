"""Small inputs that are as they should be, by what reads them (see `parsers.py`)."""

from __future__ import annotations

import json

from rnnkit.data import tokenizers
from rnnkit.data.music.midi import score_of
from rnnkit.data.music.rolls import roll_of

TEXT = "the old cat saw a dog, née Ωmega 123\n"
CELLS = [b"the cat", b"1.50", b"TRUE", b"-3e5", b"a b c", b"2024-03-31 12:00", b"00:01:30", b"2024-03-31T12:00:00Z"]
ASKED = [b"30min", b"1h", b"B", b"2Q-end", b"Europe/Berlin", b"+02:00", b"0.1,0.5", b"1,2,4", b'x,"a, b"', b"text=a"]
"""frequencies, zones, levels, dilations, names"""
JSON_LINES = [
    b'{"text": "a", "label": 1.0, "list": ["x", 2, null], "time": "2024-01-01"}',
    b'{"a": {"b": [1e5, true]}}\n{}',
]
TABLES = [
    b'text,label\na b,good\n"c, d",bad\n',
    b"x;y\n1;2\n3,5;4\n",
    b"sep=|\nx|time\n1|2024-01-01\n",
    b"a\tb\n1\t2\n",
]
LIVE = [
    b"time,value\n2024-01-01 00:00,3\n2024-01-01 00:05,4\n",
    b'{"time": "2024-01-01", "value": 3}\n{"value": null}',
    b"1,2,3\n4,5,6\n",
    b"series,time,a,b\nx,1,2,3\nx,2,,4\n",
]
SERIES = [
    b"series,time,value\na,2024-01-01,3\na,2024-01-02,4\nb,2024-01-01,3\nb,2024-01-02,\n",
    b"date,x,y\n2024-01-01 00:00,1,2\n2024-01-01 01:00,3,4\n2024-01-01 03:00,5,6\n",
    b"V1,V2,V3\nH1,1,2\nH2,3,\n",
    b"month,value\n31.01.2024,2\n29.02.2024,3\n",
    b"time,value\n2024Q1,1\n2024Q2,2\n",
    b"time,value\n2024-03-31T01:30:00+01:00,1\n2024-03-31T03:30:00+02:00,2\n",
]
VECTORS = [b"the 1 2 3\nday -1 0.5 2e-1\nnew york 0 0 1e-9\n", b"2 2\nthe 1 2\nday 3 4\n"]
TOML = [
    b'task = "text-generation"\n[data]\nlevel = "word"\n[model]\nhidden = 8\n[training]\nbudget = "2m"\n',
    b'[data]\nhorizon = 4\nknown = "a,b"\n[model]\ndilations = "1,2"\nlayers = 2\n[training]\nsteps = 9\n',
]
FLAGS = [
    b"hidden=8", b"budget=1h30m", b"dropout=0.5", b"level=word", b"horizon=9", b"dilations=1,2", b"batch=8",
    b"transform=log,difference", b"device=cpu", b"vocabulary=500", b"held_out=0.2",
]  # fmt: skip


def music() -> list[bytes]:
    """A piece as frames, as notes, and as MIDI."""
    frames = [[60, 64], [62], [], [21, 108]]
    return [json.dumps(frames).encode(), b"[[0, 60, 12], [12, 64, 6]]", score_of(roll_of(frames), 2, 90).dumps_midi()]


def learned_tokenizers() -> list[bytes]:
    """The files of tokenizers of all kinds."""
    kinds = [("character", 0, ""), ("ngram", 2, ""), ("word", 0, ""), ("subword", 0, "bpe"), ("subword", 0, "unigram")]
    texts = [TEXT, "the cat sat here"] * 5
    return [tokenizers.dumps(tokenizers.learn(level, texts, 300, n, kind)).encode() for level, n, kind in kinds]
