"""Everything that reads what others wrote, each with inputs that are good. Used by a test and by a benchmark, which
give it damaged ones: it must answer, or refuse them in one line."""

from __future__ import annotations

import io
import json
import random
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import good_inputs as good
from clips import gif_of, moving, video_of
from good_inputs import TEXT
from mutations import damaged, mutated
from rnnkit import state
from rnnkit.checkpoint import load
from rnnkit.configuration import build, read_toml
from rnnkit.data import tokenizers
from rnnkit.data.attachments import Attachments
from rnnkit.data.history.read import read_histories
from rnnkit.data.music.events import words_of
from rnnkit.data.music.reading import read_piece
from rnnkit.data.music.scores import read_score
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.cells import plain
from rnnkit.data.tables.delimited import read_csv, read_tsv
from rnnkit.data.tables.formats import READERS
from rnnkit.data.tables.rows import Row, Table
from rnnkit.data.tables.values import TimeColumn, label_of, list_of, number_of, text_of
from rnnkit.data.texts.vectors import read_vectors
from rnnkit.data.times.clock import zone_of
from rnnkit.data.times.frequency import parse_frequency
from rnnkit.data.transforms.change import parse_change
from rnnkit.data.video.reading import frames_of
from rnnkit.data.video.sampling import Seeing
from rnnkit.errors import RnnkitError, UserError
from rnnkit.runs import folder as run_folder
from rnnkit.tasks import TASKS
from rnnkit.tasks.anomalies.lines import LiveTable
from rnnkit.tasks.forecasting.asked import levels_of
from rnnkit.tasks.forecasting.options import dilations_of
from rnnkit.tasks.forecasting.table import HistoryTable
from rnnkit.tasks.options import TableData, listed

RUNS = Path(__file__).parent / "fixtures" / "runs"


@dataclass(frozen=True)
class Parser:
    """What reads bytes, and how these are made from good ones."""

    read: Callable[[bytes], object]
    seeds: list[bytes]
    mutate: Callable[[list[bytes], random.Random], bytes] = mutated
    share: int = 1
    """how many inputs it has for each of the slowest"""


def outcome(read: Callable[[Any], object], data: Any) -> str:
    """`read` or `refused`. Raises whatever else comes of it, and `AssertionError` of a refusal in several lines."""
    try:
        read(data)
        return "read"
    except (RnnkitError, BadRow) as error:
        refusal = str(error)
    assert len(refusal.splitlines()) == 1, f"more than a line: {refusal}"
    return "refused"


def each(data: Any, *reads: Callable[[Any], object]) -> None:
    """By all of these; refused where all do so."""
    if {outcome(read, data) for read in reads} == {"refused"}:
        raise BadRow("refused by all")


def columns_of(text: str) -> None:
    TableData(column=text).check(["text", "label"])


READERS_OF_OPTIONS = (parse_frequency, zone_of, levels_of, dilations_of, listed, parse_change, columns_of)


def text_of_bytes(data: bytes) -> str:
    return data.decode("utf-8", errors="surrogateescape")


def cell(value: Any) -> None:
    """As a text, a label, a list, a number and a time."""
    row = Row({"x": value}, "row 1", Table(columns={"x": None}))
    each(row, *(partial(read, column="x") for read in (text_of, label_of, list_of, number_of)), TimeColumn("x").of)


def json_line(data: bytes) -> None:
    """A line of JSON, and what is in its cells."""
    for row in READERS[".jsonl"](io.BytesIO(data), "t.jsonl"):
        for value in row.values.values() if isinstance(row, Row) else ():
            outcome(cell, plain(value))


def delimited(data: bytes) -> None:
    for read in (read_csv, read_tsv):
        for row in read(io.BytesIO(data), "t"):
            for value in row.values.values() if isinstance(row, Row) else ():
                number = value[:1] in "0123456789-."
                outcome(cell, value) if number else None


LIVE: tuple[tuple[tuple[str, ...], str], ...] = ((("value",), ""), ((), "Europe/Berlin"))


def lines_live(channels: tuple[str, ...], zone: str, text: str) -> None:
    table = LiveTable([*channels], [], (), {}, None, zone)
    list(table.read(io.StringIO(text, newline="\n"), BadRows("skip")))


def live(data: bytes) -> None:
    """Lines of values as they come."""
    each(text_of_bytes(data), *(partial(lines_live, channels, zone) for channels, zone in LIVE))


def in_file(read: Callable[[Path], object], path: Path, data: bytes) -> None:
    path.write_bytes(data)
    read(path)


def a_tokenizer(data: bytes) -> None:
    made = tokenizers.loads(text_of_bytes(data), "t.json")
    tokenizers.decode(made, made.encode(TEXT))
    made.cut(TEXT)


def options(path: Path) -> None:
    """A TOML file's, of any task that it may be of."""
    for name in ("text-generation", "forecasting", "series-tagging"):
        try:
            task = TASKS[name]
            task(**read_toml(str(path), name, task.sections))
        except UserError as error:
            last = error
        else:
            return
    raise last


def flag(data: bytes) -> None:
    """NAME=VALUE, of some sections of options."""
    name, _, value = text_of_bytes(data).partition("=")
    kinds = [kind for task in ("text-generation", "forecasting") for kind in TASKS[task].sections.values()]
    each({name: value}, *(partial(build, kind) for kind in kinds))


def of_json(seeds: list[bytes], chance: random.Random) -> bytes:
    """Damage of JSON's own parts, or of bytes."""
    return damaged(chance.choice(seeds), "x.json", chance) if chance.random() < 0.7 else mutated(seeds, chance)


def of_safetensors(seeds: list[bytes], chance: random.Random) -> bytes:
    """Damage of the head alone, whose length is written again, or of bytes."""
    seed = chance.choice(seeds)
    length = int.from_bytes(seed[:8], "little")
    if chance.random() < 0.4:
        return mutated(seeds, chance)
    head = of_json([seed[8 : 8 + length]], chance)
    said = len(head) if chance.random() < 0.9 else chance.choice((0, 1, 1 << 31, (1 << 64) - 1))
    return struct.pack("<Q", said) + head + seed[8 + length :]


SPEC = (state.LeafSpec("h", (4,), torch.float32), state.LeafSpec("n", (), torch.int64))
LIKE = (torch.zeros(2, 4), torch.zeros(2, dtype=torch.int64))


def a_run(folder: Path, name: str, read: Callable[[Path], object], whole: bytes, data: bytes) -> None:
    """One file of a run in place of the good one."""
    (folder / name).write_bytes(data)
    try:
        read(folder)
    finally:
        (folder / name).write_bytes(whole)


def runs(folder: Path) -> dict[str, Parser]:
    """The JSON files of some runs of tests/fixtures/."""
    made = {}
    for case in ("forecasting", "image-captioning", "anomaly-detection"):
        own = folder / case
        shutil.copytree(RUNS / case, own, ignore=shutil.ignore_patterns("examples", "*.md", "metrics.jsonl"))
        kind = TASKS[json.loads((own / "config.json").read_text())["task"]]
        task = kind.of_run(own)
        readers: dict[str, tuple[int, Callable[[Path], object]]] = {
            "config.json": (2, kind.of_run),
            "columns.json": (1, task.read_fitted),
            "result.json": (8, task.read_result),
            "manifest.json": (20, run_folder.manifest),
        }
        for name, (share, read) in readers.items():
            whole = (own / name).read_bytes()
            made[f"run {case} {name}"] = Parser(partial(a_run, own, name, read, whole), [whole], of_json, share)
    return made


def music(data: bytes) -> None:
    """As frames, and as events."""
    files = Attachments()
    each(data, lambda data: read_piece(data, files, "", 4), lambda data: words_of(read_score(data, files), True))


def histories(path: Path) -> None:
    table = HistoryTable()
    read_histories([str(path)], table.reading(), "skip", {})


def vectors(path: Path) -> None:
    read_vectors(str(path), ["<end>", "<unk>", "the", "day"])


def checkpoint(path: Path) -> None:
    load(path, "calibration")


def a_state(data: bytes) -> None:
    state.from_bytes(data, SPEC, LIKE)


def a_video(data: bytes) -> None:
    for block in frames_of(io.BytesIO(data), "x", Seeing(20, 16, longest=5)):
        assert len(block)


def videos() -> list[bytes]:
    """Of each kind a small one."""
    clip, file = moving(True, 6, np.random.default_rng(0)), io.BytesIO()
    np.savez(file, clip)
    kinds = [("mp4", "mpeg4"), ("avi", "mjpeg"), ("matroska", "mpeg4"), ("mpegts", "mpeg2video"), ("mp4", "libx264")]
    return [gif_of(clip), file.getvalue(), *(video_of(clip, 10, *kind) for kind in kinds)]


def all_parsers(folder: Path) -> dict[str, Parser]:
    """By name; files are written to the folder."""
    folder.mkdir(exist_ok=True)
    saved = [path.read_bytes() for path in sorted(RUNS.glob("*/calibration.safetensors"))]
    return {
        "cells": Parser(lambda data: cell(text_of_bytes(data)), good.CELLS, share=50),
        "values of options": Parser(
            lambda data: each(text_of_bytes(data), *READERS_OF_OPTIONS),
            good.ASKED,
            share=50,
        ),
        "json lines": Parser(json_line, good.JSON_LINES, share=50),
        "small tables": Parser(delimited, good.TABLES, share=50),
        "live lines": Parser(live, good.LIVE, share=10),
        "series with times": Parser(partial(in_file, histories, folder / "t.csv"), good.SERIES, share=2),
        "music": Parser(music, good.music(), share=5),
        "tokenizers": Parser(a_tokenizer, good.learned_tokenizers(), of_json, share=10),
        "word vectors": Parser(partial(in_file, vectors, folder / "v.txt"), good.VECTORS, share=20),
        "options": Parser(flag, good.FLAGS, share=2),
        "toml": Parser(partial(in_file, options, folder / "o.toml"), good.TOML, share=3),
        "videos": Parser(a_video, videos(), share=3),
        "states": Parser(a_state, [state.to_bytes(LIKE, SPEC)], of_safetensors, share=50),
        "checkpoints": Parser(partial(in_file, checkpoint, folder / "c.safetensors"), saved, of_safetensors, share=10),
        **runs(folder),
    }
