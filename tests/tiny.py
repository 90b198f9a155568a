"""A tiny made-up data set and tiny options for each task: what the laws over all tasks train on."""

from __future__ import annotations

import base64
import contextlib
import csv
import datetime
import io
import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import clips
from commandline import Done, good
from drawings import boxed, inks, letters, line_pictures, sketches
from sounds import file_of
from speech import recordings

Row = dict[str, str]

TRAIN, VALID = 48, 20
"""examples to learn from, and to validate on"""


@dataclass(frozen=True)
class Case:
    """A way to train a task: made-up rows, and what is asked of the trained model."""

    task: str
    rows: Callable[[int, int], list[Row]]
    """`(examples, seed) -> rows` of a table; of text generation each has a `text` alone"""
    labels: tuple[str, ...]
    """the columns that are learned"""
    inputs: tuple[str, ...] = ()
    """texts to predict, of tasks over texts"""
    options: dict[str, Any] = field(default_factory=dict)
    streams: bool = False
    """whether answers come step by step"""
    a_value: bool = False
    """whether there is an answer to each value of a series"""
    suffix: str = ".tsv"
    channels: int = 2
    """of a series, where inputs are such"""
    of_bytes: bool = False
    """whether standard input is what a sound's samples are, not a line an input"""

    @property
    def flags(self) -> list[str]:
        """The options as the command line takes them."""
        given = []
        for name, value in self.all_options.items():
            flag = name.replace("_", "-")
            given += [f"--{'' if value else 'no-'}{flag}"] if isinstance(value, bool) else [f"--{flag}", str(value)]
        return given

    @property
    def all_options(self) -> dict[str, Any]:
        """The options by name."""
        return {**SMALL, **self.options}

    @property
    def over_texts(self) -> bool:
        """Whether the positional inputs of `predict` are texts; otherwise they are files."""
        return bool(self.inputs)


SMALL: dict[str, Any] = {
    "hidden": 8, "embedding": 8, "steps": 30, "batch": 8, "validations": 3, "seed": 1, "learning_rate": 0.02,
}  # fmt: skip


def sentences(count: int, seed: int) -> list[Row]:
    """Lines of a little language."""
    chance = random.Random(seed)
    return [
        {"text": f"the {_one(chance, 'cat dog cow')} {_one(chance, 'sat ran ate')} {_one(chance, 'here there')}."}
        for _ in range(4 * count)
    ]


def opinions(count: int, seed: int) -> list[Row]:
    """Texts with one word of one of two kinds, and which."""
    chance, made = random.Random(seed), []
    for number in range(count):
        words = chance.choices(("the", "day", "was", "and", "sea"), k=chance.randint(1, 7))
        place = chance.randint(0, len(words))
        words.insert(place, _one(chance, "fine lovely warm" if number % 2 else "grim dull cold"))
        made.append({"label": "good" if number % 2 else "bad", "text": " ".join(words)})
    return made


def subjects(count: int, seed: int) -> list[Row]:
    """Texts about one of three things."""
    chance, made = random.Random(seed), []
    words = {"food": "bread soup rice", "sport": "goal race ball", "money": "bank coin price"}
    for number in range(count):
        label = list(words)[number % 3]
        text = " ".join(_one(chance, words[label] if chance.random() < 0.5 else "a the of some") for _ in range(6))
        made.append({"text": f"{text} {_one(chance, words[label])}", "label": label})
    return made


def several(count: int, seed: int) -> list[Row]:
    """Opinions, and whether they are long."""
    return [
        {"text": row["text"], "label": f"{row['label']} {'long' if len(row['text']) > 20 else 'short'}"}
        for row in opinions(count, seed)
    ]


def surnames(count: int, seed: int) -> list[Row]:
    """Names with the ending of a language."""
    chance, made = random.Random(seed), []
    endings = {"it": "ini", "ru": "ov", "pl": "ski"}
    for number in range(count):
        label = list(endings)[number % 3]
        name = "".join(_one(chance, "b c d l m") + _one(chance, "a e o") for _ in range(chance.randint(1, 3)))
        made.append({"text": name.capitalize() + endings[label], "label": label})
    return made


def tagged(count: int, seed: int) -> list[Row]:
    """Sentences with a part of speech a word."""
    chance, made = random.Random(seed), []
    kinds = {"DET": "the a", "ADJ": "big old", "NOUN": "cat dog saw", "VERB": "sat saw ran", "ADV": "here now"}
    for _ in range(count):
        tags = ["DET", *(["ADJ"] if chance.random() < 0.5 else []), "NOUN", "VERB"]
        tags += ["ADV"] if chance.random() < 0.5 else []
        made.append({"words": " ".join(_one(chance, kinds[tag]) for tag in tags), "tags": " ".join(tags)})
    return made


def flights(count: int, seed: int) -> list[Row]:
    """Texts with the cities that one goes from and to, and what is asked."""
    chance, made = random.Random(seed), []
    for number in range(count):
        words, slots = (["show", "me"], ["O", "O"]) if number % 2 else (["what", "costs", "it"], ["O", "O", "O"])
        for kind in chance.sample(("from", "to"), k=chance.randint(1, 2)):
            city = chance.choice((["rome"], ["new", "york"], ["oslo"]))
            words += [kind, *city]
            slots += ["O", f"B-{kind}", *[f"I-{kind}"] * (len(city) - 1)]
        made.append({"text": " ".join(words), "slots": " ".join(slots), "intent": "flight" if number % 2 else "fare"})
    return made


def wishes(count: int, seed: int) -> list[Row]:
    """Flights with several intents."""
    return [
        {**row, "intent": f"{row['intent']} {'long' if 'york' in row['text'] else 'short'}"}
        for row in flights(count, seed)
    ]


def calls(count: int, seed: int) -> list[Row]:
    """Calls of offers and questions; an answer's act is told by the turn before it, and some turns have a feeling."""
    chance, made = random.Random(seed), []
    for number in range(count):
        booked = number % 2 == 0
        for turn in range(0, 2 * chance.randint(1, 3), 2):
            offer, city = booked if turn == 0 else chance.random() < 0.5, _one(chance, "rome oslo bonn")
            asked = f"shall i book {city}" if offer else f"is it {city}"
            slots = " ".join(["O"] * (len(asked.split()) - 1) + ["city"])
            place = {"call": f"c{number}", "topics": ("booking" if booked else "asking") if turn == 0 else ""}
            feeling = ("glad" if offer else "calm") if chance.random() < 0.7 else ""
            made += [
                {**place, "turn": str(turn), "speaker": "agent", "text": asked, "act": "offer" if offer else "question",
                 "intents": "ask book" if offer else "ask", "sentiment": feeling, "slots": slots},
                {**place, "topics": "", "turn": str(turn + 1), "speaker": "caller", "text": "yes",
                 "act": "agree" if offer else "confirm", "intents": "answer", "sentiment": "", "slots": "O"},
            ]  # fmt: skip
    return made


def translations(count: int, seed: int) -> list[Row]:
    """Sentences, and the same in a language that puts its adjectives last."""
    chance, made = random.Random(seed), []
    nouns = {"cat": "gato", "dog": "perro", "cow": "vaca"}
    kinds = {"big": "grande", "old": "viejo", "red": "rojo"}
    verbs = {"sleeps": "duerme", "eats": "come"}
    for _ in range(count):
        noun, kind, verb = (_one(chance, " ".join(words)) for words in (nouns, kinds, verbs))
        made.append({"source": f"the {kind} {noun} {verb}", "target": f"el {nouns[noun]} {kinds[kind]} {verbs[verb]}"})
    return made


def reports(count: int, seed: int) -> list[Row]:
    """Texts, and who did what in them; names are many."""
    chance, made = random.Random(seed), []
    for _ in range(count):
        name = _one(chance, "ka lo mi pa ru") + _one(chance, "ta no li se") + _one(chance, "ra no")
        did = _one(chance, "won lost left")
        text = f"it was {_one(chance, 'late early dark')} when {name} {did} and all went {_one(chance, 'home out')}"
        made.append({"text": text, "summary": f"{name} {did}"})
    return made


def asides(count: int, seed: int) -> list[Row]:
    """Sentences with an aside between commas, which is left out."""
    chance, made = random.Random(seed), []
    for _ in range(count):
        aside = [
            _one(chance, "who which that"),
            *chance.choices(("was", "here", "late", "old"), k=chance.randint(1, 3)),
        ]
        words = ["the", _one(chance, "cat dog cow"), ",", *aside, ",", _one(chance, "sat ran ate")]
        keep = ["1", "1", *"0" * (len(aside) + 2), "1"]
        made.append({"text": " ".join(words), "keep": "".join(keep)})
    return made


def squares(count: int, seed: int) -> list[Row]:
    """Pictures of a square of a colour at a side, and sentences about them."""
    chance, made = random.Random(seed), []
    colours = {"red": (220, 20, 20), "green": (20, 200, 40), "blue": (30, 40, 220)}
    for number in range(count):
        colour, side = _one(chance, " ".join(colours)), _one(chance, "left right")
        picture = Image.new("RGB", (32, 32), (250, 250, 250))
        first = 2 if side == "left" else 18
        picture.paste(colours[colour], (first, 8 + number % 8, first + 12, 20 + number % 8))
        file = io.BytesIO()
        picture.save(file, "PNG")
        address = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
        made.append({"image": address, "caption": f"a {colour} square at the {side}"})
    return made


def waves(count: int, seed: int) -> list[Row]:
    """Fast and slow waves: a row a step, of two channels."""
    chance, made = random.Random(seed), []
    for number in range(count):
        kind, phase = number % 2, chance.random()
        for step in range(chance.randint(9, 20)):
            phase += 1.8 if kind else 0.4
            made.append(_step(number, step, kind, phase, chance))
    return made


def changing_waves(count: int, seed: int) -> list[Row]:
    """Waves that change between fast and slow."""
    chance, made = random.Random(seed), []
    for number in range(count):
        kind, phase = number % 2, chance.random()
        for step in range(chance.randint(12, 24)):
            kind = 1 - kind if step and step % 6 == 0 else kind
            phase += 1.8 if kind else 0.4
            made.append(_step(number, step, kind, phase, chance))
    return made


def _step(number: int, step: int, kind: int, phase: float, chance: random.Random) -> Row:
    values = {"x": f"{math.sin(phase):.4f}", "y": f"{chance.gauss(0, 0.1):.4f}"}
    return {"series": f"s{number}", "frame": str(step), "label": "fast" if kind else "slow", **values}


def tones(count: int, seed: int) -> list[Row]:
    """Sounds that rise or fall, in a little noise."""
    chance, made = np.random.default_rng(seed), []
    for number in range(count):
        hertz = np.linspace(*((300, 1200) if number % 2 else (1200, 300)), int(chance.integers(1800, 2600)))
        wave = 0.3 * np.sin(2 * np.pi * np.cumsum(hertz) / 8000) + chance.normal(0, 0.02, len(hertz))
        address = "data:audio/wav;base64," + base64.b64encode(file_of(wave, 8000)).decode()
        made.append({"audio": address, "label": "up" if number % 2 else "down"})
    return made


def _one(chance: random.Random, words: str) -> str:
    return chance.choice(words.split())


_SENTIMENTS = ("the day was lovely", "grim and cold sea", "nothing known")
_SUBJECTS = ("some soup and bread", "a goal", "nothing known")
_SENTENCES = ("the old cat eats", "the red dog sleeps", "nothing known")
_TURNS = ("agent: shall i book rome", "caller: yes", "is it oslo", "yes")
_FLIGHTS = ("show me from new york to oslo", "what costs it to rome", "nothing known")
_WORDS = {"ngrams": 200}
_SOUNDS = {"rate": 8000, "bins": 10}
_SERIES = {"without": "frame"}
_TUNES = ("[[48, 60], [53, 65]]", "[[60]]")
_FORWARD = {"direction": "forward"}


def tides(count: int, seed: int) -> list[Row]:
    """Series of waves, a row a value: the beginning, or what follows it."""
    first, last = (0, 24) if seed == 0 else (24, 32)
    made = []
    for number in range(count):
        chance = random.Random(number)
        high, phase = chance.uniform(1, 9), chance.uniform(0, 6)
        for step in range(last):
            value = high * (2 + math.sin(step * math.pi / 3 + phase)) + chance.gauss(0, 0.1)
            if step >= first:
                made.append({"series": f"s{number}", "time": str(step), "value": f"{value:.4f}"})
    return made


def prices(count: int, seed: int) -> list[Row]:
    """Prices of some series, a row a day: the beginning, or what follows it. After a day of much volume they move."""
    first, last = {0: (0, 70), 1: (70, 115)}.get(seed, (70, 78))
    made = []
    for number in range(min(count, 12)):
        chance = random.Random(number)
        close, moves = chance.uniform(1, 4), False
        for step in range(last):
            opened = close * math.exp(chance.gauss(0, 0.002))
            close = opened * math.exp(chance.gauss(0, 0.04 if moves else 0.005))
            high, low = max(opened, close) * 1.003, min(opened, close) * 0.997
            moves = chance.random() < 0.5
            day = datetime.date(2024, 1, 1) + datetime.timedelta(days=step // 5 * 7 + step % 5)
            values = {"Open": opened, "High": high, "Low": low, "Close": close, "Volume": 9e6 if moves else 1e6}
            if step >= first:
                own = {name: f"{value:.4f}" for name, value in values.items()}
                made.append({"series": f"s{number}", "Date": str(day), **own})
    return made


def tunes(count: int, seed: int) -> list[Row]:
    """Short pieces of three chords in turn, each a melody's note above a bass."""
    chance, made = random.Random(seed), []
    for _ in range(count):
        root = chance.randint(58, 62)
        chords = [[root - 12, root + chance.choice((0, 4))], [root - 7, root + 5], [root - 5, root + 7], []]
        made.append({"music": json.dumps([chords[step % 4] for step in range(chance.randint(6, 12))])})
    return made


def melodies(count: int, seed: int) -> list[Row]:
    """Short melodies, each note as long as it is to the next."""
    chance, made = random.Random(seed), []
    for _ in range(count):
        root, notes, time = chance.randint(58, 62), [], 0
        for step in range(chance.randint(5, 9)):
            length = chance.choice((6, 12))
            notes.append([time, root + (0, 4, 7)[step % 3], length])
            time += length
        made.append({"notes": json.dumps(notes)})
    return made


def few_tides(count: int, seed: int) -> list[Row]:
    """The first of these series: a detector keeps much of each."""
    return tides(max(count // 8, 2), seed)


TINY = {
    "text-generation": Case("text-generation", sentences, (), ("the cat", ""), {"chunk": 12}, suffix=".txt"),
    "text-generation-words": Case(
        "text-generation", sentences, (), ("the cat", ""), {"level": "word", "sequence": "line", "chunk": 6},
        suffix=".txt",
    ),
    "sentiment-analysis": Case("sentiment-analysis", opinions, ("label",), _SENTIMENTS, _WORDS),
    "sentiment-analysis-forward": Case(
        "sentiment-analysis", opinions, ("label",), _SENTIMENTS, {**_WORDS, **_FORWARD, "pooling": "last+max+mean"},
        streams=True,
    ),
    "text-classification": Case("text-classification", subjects, ("label",), _SUBJECTS, _WORDS, suffix=".csv"),
    "text-classification-multi-label": Case(
        "text-classification", several, ("label",), _SENTIMENTS, {**_WORDS, "multi_label": True}
    ),
    "text-classification-characters": Case(
        "text-classification", surnames, ("label",), ("Bacini", "Moleski", "Xy"), {**_WORDS, "cut": "characters"}
    ),
    "tagging": Case("tagging", tagged, ("tags",), ("the old cat saw", "a dog ran now", "nothing known"), _WORDS),
    "tagging-forward": Case(
        "tagging", tagged, ("tags",), ("the old cat saw", "a dog ran now", "nothing known"), {**_WORDS, **_FORWARD},
        streams=True,
    ),
    "intent-and-slots": Case("intent-and-slots", flights, ("slots", "intent"), _FLIGHTS, _WORDS),
    "intent-and-slots-forward": Case(
        "intent-and-slots", wishes, ("slots", "intent"), _FLIGHTS,
        {**_WORDS, **_FORWARD, "multi_label": True, "chain": False}, streams=True,
    ),
    "call-analysis": Case(
        "call-analysis", calls, ("act", "intents", "sentiment", "topics", "slots"), _TURNS,
        {**_WORDS, "batch": 6, "turns": 4}, streams=True,
    ),
    "call-analysis-both": Case(
        "call-analysis", calls, ("act", "intents", "sentiment", "topics", "slots"), _TURNS,
        {**_WORDS, "batch": 6, "direction": "both"},
    ),
    "series-classification": Case(
        "series-classification", waves, ("label",), (), {**_SERIES, "hop": 2, "window": 4}, suffix=".csv"
    ),
    "series-classification-forward": Case(
        "series-classification", waves, ("label",), (),
        {**_SERIES, **_FORWARD, "hop": 3, "window": 6, "pooling": "last+max"}, streams=True, suffix=".csv",
    ),
    "series-tagging": Case(
        "series-tagging", changing_waves, ("label",), (), {**_SERIES, "window": 4, "piece": 10}, suffix=".csv"
    ),
    "series-tagging-forward": Case(
        "series-tagging", changing_waves, ("label",), (), {**_SERIES, **_FORWARD, "window": 4, "piece": 10},
        streams=True, suffix=".csv",
    ),
    "series-tagging-forward-unchained": Case(
        "series-tagging", changing_waves, ("label",), (),
        {**_SERIES, **_FORWARD, "window": 4, "piece": 10, "chain": False}, streams=True, suffix=".csv",
    ),
    "translation": Case(
        "translation", translations, ("target",), _SENTENCES, {"level": "subword", "vocabulary": 300}
    ),
    "translation-words": Case(
        "translation", translations, ("target",), _SENTENCES,
        {"level": "word", "joint": False, "vocabulary": 300, "decoder": "conditional", "attention": "additive"},
        suffix=".csv",
    ),
    "summarization": Case(
        "summarization", reports, ("summary",), ("it was late when Bob won and all went home", "nothing known"),
        {"level": "word", "vocabulary": 300},
    ),
    "sentence-compression": Case(
        "sentence-compression", asides, ("keep",), ("the cat , who was old , ran", "nothing known"), _WORDS
    ),
    "image-captioning": Case(
        "image-captioning", squares, ("caption",), tuple(row["image"] for row in squares(2, 5)), {"size": 32},
    ),
    "object-detection": Case(
        "object-detection", boxed, ("label",), tuple(dict.fromkeys(row["image"] for row in boxed(3, 5))),
        {"size": 64, "channels": 4, "embedding": 16, "hidden": 16, "batch": 16, "picture_variation": 0,
         "learning_rate": 0.01}, suffix=".csv",
    ),
    "ink-classification": Case(
        "ink-classification", letters, ("label",), tuple(row["ink"] for row in letters(3, 5)), {"spacing": 0.1},
    ),
    "handwriting-recognition": Case(
        "handwriting-recognition", inks, ("text",), tuple(row["ink"] for row in inks(2, 5)),
        {"spacing": 0.2, "learning_rate": 0.1, "batch": 16},
    ),
    "handwriting-recognition-lines": Case(
        "handwriting-recognition", line_pictures, ("text",), tuple(row["image"] for row in line_pictures(2, 5)),
        {"height": 16, "learning_rate": 0.1, "embedding": 16}, suffix=".csv",
    ),
    "video-tagging": Case(
        "video-tagging", clips.clips, ("label",), tuple(row["video"] for row in clips.clips(3, 5)), {"size": 16},
        suffix=".csv", of_bytes=True,
    ),
    "video-tagging-forward": Case(
        "video-tagging", clips.several, ("labels",), tuple(row["video"] for row in clips.several(3, 5)),
        {"size": 16, **_FORWARD, "pooling": "last+max+mean", "multi_label": True}, streams=True, of_bytes=True,
    ),
    "video-segmentation": Case(
        "video-segmentation", clips.turning, ("label",), tuple(row["video"] for row in clips.turning(3, 5)),
        {"size": 16, "stretch": 8}, suffix=".csv", of_bytes=True,
    ),
    "video-segmentation-forward": Case(
        "video-segmentation", clips.turning, ("label",), tuple(row["video"] for row in clips.turning(3, 5)),
        {"size": 16, "stretch": 8, **_FORWARD}, streams=True, of_bytes=True,
    ),
    "video-captioning": Case(
        "video-captioning", clips.described, ("caption",), tuple(row["video"] for row in clips.described(2, 5)),
        {"size": 16}, suffix=".csv",
    ),
    "audio-classification": Case(
        "audio-classification", tones, ("label",), tuple(row["audio"] for row in tones(3, 5)),
        {**_SOUNDS, "convolve": "time"}, suffix=".csv", of_bytes=True,
    ),
    "audio-classification-forward": Case(
        "audio-classification", tones, ("label",), tuple(row["audio"] for row in tones(3, 5)),
        {**_SOUNDS, **_FORWARD, "normalise": "running", "pooling": "last+max+mean"}, streams=True, of_bytes=True,
    ),
    "speech-recognition": Case(
        "speech-recognition", recordings, ("text",), tuple(row["audio"] for row in recordings(3, 5)),
        {"rate": 8000, "speed": 0, "noise": 0, "masks": 0, "learning_rate": 0.05}, suffix=".csv", of_bytes=True,
    ),
    "speech-recognition-transducer": Case(
        "speech-recognition", recordings, ("text",), tuple(row["audio"] for row in recordings(3, 5)),
        {"rate": 8000, "direction": "forward", "look_ahead": 1, "head": "transducer", "prediction": 8}, suffix=".csv",
        of_bytes=True,
    ),
    "speech-synthesis": Case(
        "speech-synthesis", recordings, ("audio",), ("ab ca", "b, a! c"),
        {"rate": 8000, "bins": 16, "embedding": 8, "dropout": 0, "average": 0}, suffix=".csv",
    ),
    "speech-synthesis-recurrent": Case(
        "speech-synthesis", recordings, ("audio",), ("ab ca", "b, a! c"),
        {"rate": 8000, "bins": 16, "embedding": 8, "dropout": 0, "average": 0, "vocoder": "recurrent",
         "vocoder_hidden": 8, "vocoder_frames": 2}, suffix=".csv",
    ),
    "music-composition": Case(
        "music-composition", tunes, (), _TUNES, {"keys": "independent", "average": 0.2, "weight_drop": 0},
        suffix=".csv",
    ),
    "music-composition-nade": Case(
        "music-composition", tunes, (), _TUNES, {"keys": "nade", "key_units": 8, "transpose": 2, "weight_drop": 0}
    ),
    "music-events": Case(
        "music-events", melodies, (), ("[[0, 60, 12], [12, 64, 6]]", "[[0, 62, 6]]"), {"chunk": 12}, suffix=".csv",
    ),
    "handwriting-synthesis": Case(
        "handwriting-synthesis", inks, (), ("lo", "o"),
        {"components": 3, "layers": 1, "reader": 8, "window": 3, "joined": 0}, suffix=".csv",
    ),
    "handwriting-synthesis-sketches": Case(
        "handwriting-synthesis", sketches, (), ("",),
        {"components": 3, "layers": 1, "tolerance": 0.03, "dropout": 0.1, "weight_drop": 0},
    ),
    "forecasting": Case(
        "forecasting", tides, (), (), {"horizon": 4, "seasonality": 6, "look_back": 12, "segment": 4}, suffix=".csv",
        channels=1,
    ),
    "stock-prediction": Case(
        "stock-prediction", prices, (), (),
        {"look_back": 20, "segment": 5, "dropout": 0, "batch": 48, "learning_rate": 0.05}, suffix=".csv",
        channels=5,
    ),
    "anomaly-detection": Case(
        "anomaly-detection", few_tides, (), (), {"chunk": 8, "features": 2, "warm_up": 1}, suffix=".csv",
        channels=1, a_value=True,
    ),
}  # fmt: skip


def write(case: str, folder: Path) -> tuple[Path, Path]:
    """Writes a case's data into a folder: to learn from, and to validate on. Beside them `asked.csv`, a table without
    labels and with columns that are no task's, in an order of its own."""
    found = TINY[case]
    train, valid = folder / f"train{found.suffix}", folder / f"valid{found.suffix}"
    write_rows(train, found.rows(TRAIN, 0))
    write_rows(valid, found.rows(VALID, 1))
    write_rows(folder / "asked.csv", asked_rows(found))
    return train, valid


def asked_rows(case: Case) -> list[Row]:
    """Rows to predict: those of calls lie apart, and turns are out of order."""
    rows = [{"id": str(100 - n), **row, "note": f"n{n}"} for n, row in enumerate(case.rows(4, 2)[:60])]
    if case.task == "call-analysis":
        random.Random(3).shuffle(rows)
    return [{name: value for name, value in row.items() if name not in case.labels} for row in rows]


def write_rows(path: Path, rows: list[Row]) -> None:
    """Writes a table as the end of its name says; `.txt` is the texts alone."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        if path.suffix == ".txt":
            file.writelines(f"{row['text']}\n" for row in rows)
            return
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)


def train(case: str, out: Path, *more: object) -> Done:
    """Trains a case in the working folder, where `write` put its data."""
    found = TINY[case]
    files = [f"train{found.suffix}", "--valid", f"valid{found.suffix}"]
    with one_thread():
        return good("train", found.task, *files, "--out", out, *found.flags, *more)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Within this context PyTorch has one thread: the last bits of some of its sums depend on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
