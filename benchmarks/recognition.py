"""Speech, handwriting and sounds, each in its time: the runs whose results stand in benchmarks/results/.

    python benchmarks/recognition.py DATA RUN…      with RUN among the names below; DATA holds the data sets' folders

Each is trained through the command line with its defaults but for what its options say, and scored on recordings, hands
or drawers that training has not seen, without a language model and, where texts are found, with n-grams of the training
texts. A run validates on `--group`s held out of training, or on its development part, which then chose the weights
(`chosen_by` says so). Writes `results/NAME.json`. Further options, such as `--budget 5s`, are passed on to training.
Speech of `espeak` is made by espeak-ng, which has to be there, from sentences of WikiText-2: lower case, without marks.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).parent / "results"
Row = dict[str, Any]


class Setting(NamedTuple):
    """What is trained, and what it is scored on."""

    task: str
    train: tuple[str, ...]
    scored: str | Callable[[Row], bool]
    """a table, or which of the training rows are set aside"""
    options: tuple[str, ...]
    files: tuple[str, ...] = ()
    chosen_by: str = "held-out groups"
    prepared: Callable[[Row], Row] = lambda row: row


SENTENCES = {"wikitext2/train.txt.gz": 6800, "wikitext2/valid.txt": 200}
"""how many are spoken of each file"""
SPEECH, SOUNDS = ("speech-recognition", "audio-classification")
WRITING, DRAWINGS = ("handwriting-recognition", "ink-classification")
AN4 = ("an4/an4-train.csv", "an4/an4-train-long.csv")
AN4_FILES = ("an4/an4-train-flac.zip", "an4/an4-train-long-flac.zip", "an4/an4-dev-flac.zip")
EIGHT = ("--column", "audio=file", "--rate", "8000")
DIGITS = (*EIGHT, "--column", "label=digit")
PAGES = ("2780278", "2790279", "3000300")
"""of gw-online, set aside"""

SETTINGS = {
    "an4": Setting(
        SPEECH, AN4, "an4/an4-dev.csv", (*EIGHT, "--group", "speaker", "--held-out", "0.05", "--budget", "30m"),
        AN4_FILES,
    ),
    "an4-forward": Setting(
        SPEECH, AN4, "an4/an4-dev.csv",
        (*EIGHT, "--group", "speaker", "--held-out", "0.05", "--direction", "forward", "--look-ahead", "3",
         "--normalise", "running", "--budget", "30m"), AN4_FILES,
    ),
    "speechocean762": Setting(
        SPEECH, ("speechocean762/speechocean762-train.csv",), "speechocean762/speechocean762-dev.csv",
        (*EIGHT, "--group", "speaker", "--held-out", "0.05", "--budget", "30m"),
        ("speechocean762/speechocean762-train-flac.zip", "speechocean762/speechocean762-dev-flac.zip"),
    ),
    "fsdd-speaker": Setting(
        SOUNDS, ("fsdd/fsdd-train.csv",), lambda row: row["speaker"] == "yweweler",
        (*DIGITS, "--group", "speaker", "--held-out", "0.2", "--budget", "3m"), ("fsdd/fsdd-train-flac.zip",),
    ),
    "fsdd": Setting(
        SOUNDS, ("fsdd/fsdd-train.csv",), lambda row: int(row["index"]) < 10, (*DIGITS, "--budget", "3m"),
        ("fsdd/fsdd-train-flac.zip",), "a share of the training part",
    ),
    "ravdess": Setting(
        SOUNDS, ("ravdess/ravdess-train.csv",), "ravdess/ravdess-dev.csv",
        (*EIGHT, "--group", "speaker", "--held-out", "0.13", "--budget", "5m"),
        ("ravdess/ravdess-train-flac.zip", "ravdess/ravdess-dev-flac.zip"),
    ),
    "gw-online": Setting(
        WRITING, ("gw-online/gw-online-train.jsonl.gz",), lambda row: row["page"] in PAGES,
        ("--column", "ink=strokes", "--group", "page", "--budget", "15m"),
    ),
    "testaments": Setting(
        WRITING, ("testaments-lines/testaments-train.csv",), "testaments-lines/testaments-dev.csv",
        ("--column", "image=file", "--group", "document", "--held-out", "0.05", "--budget", "30m"),
        ("testaments-lines/testaments-train-images.zip", "testaments-lines/testaments-dev-images.zip"),
    ),
    "omniglot": Setting(
        DRAWINGS, ("omniglot-strokes/omniglot-strokes-train.jsonl.gz",),
        "omniglot-strokes/omniglot-strokes-dev.jsonl.gz",
        ("--column", "ink=strokes", "--group", "drawer", "--budget", "5m"),
        prepared=lambda row: {**row, "label": f"{row['alphabet']} {row['character']}"},
    ),
    "espeak": Setting(
        SPEECH, ("wikitext2/train.txt.gz",), "wikitext2/valid.txt",
        ("--rate", "8000", "--held-out", "0.02", "--budget", "30m"), chosen_by="a share of the training part",
    ),
}  # fmt: skip
WITH_TEXTS = ("--language-model", "texts")


def sentences_of(path: Path) -> Iterator[str]:
    """The sentences of a text of 4 to 14 words of letters, in lower case and without marks, each once."""
    opened = gzip.open if path.suffix == ".gz" else open
    seen = set()
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            for part in line.split(" . "):
                words = part.replace(" 's", "'s").replace(" ,", "").replace(" @-@ ", " ").strip(" .\n").split()
                text = " ".join(words).lower()
                if 4 <= len(words) <= 14 and re.fullmatch(r"[a-z' ]+", text) and text not in seen:
                    seen.add(text)
                    yield text


def spoken(path: Path, keep: Path) -> Iterator[Row]:
    """Sentences of a text as espeak-ng speaks them, evenly from all over it."""
    texts = list(sentences_of(path))
    count = SENTENCES[f"{path.parent.name}/{path.name}"]
    chosen = texts[:: max(len(texts) // count, 1)][:count]
    names = [keep / f"{path.stem}-{number}.wav" for number in range(len(chosen))]
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda pair: subprocess.run(["espeak-ng", "-w", *map(str, pair)], check=True),
                         zip(names, chosen, strict=True)))  # fmt: skip
    for name, text in zip(names, chosen, strict=True):
        yield {"audio": str(name), "text": text}


def rows_of(path: Path, keep: Path) -> Iterator[Row]:
    """The rows of a table, plain or gzipped; of a text sentences, spoken."""
    if ".txt" in path.name:
        yield from spoken(path, keep)
        return
    with gzip.open(path, "rt") if path.suffix == ".gz" else open(path) as lines:
        yield from map(json.loads, lines) if ".jsonl" in path.name else csv.DictReader(lines)


def written(rows: list[Row], path: Path) -> str:
    """A table of rows, as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def parts_of(setting: Setting, data: Path, keep: Path) -> tuple[str, str]:
    """The table that is learned from, and the one that is scored."""
    rows = [setting.prepared(row) for name in setting.train for row in rows_of(data / name, keep)]
    if callable(setting.scored):
        scored = [row for row in rows if setting.scored(row)]
        rows = [row for row in rows if not setting.scored(row)]
    else:
        scored = [setting.prepared(row) for row in rows_of(data / setting.scored, keep)]
    return written(rows, keep / "train.jsonl"), written(scored, keep / "scored.jsonl")


def command(*arguments: str) -> Any:
    """Runs `rnnkit ARGUMENTS…`, and gives the JSON that it prints, if any."""
    done = subprocess.run([sys.executable, "-m", "rnnkit", *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout) if "--json" in arguments else None


def scores_of(found: dict[str, Any]) -> dict[str, Any]:
    """The numbers of an evaluation, without what quotes the data."""
    numbers = {name: value for name, value in found.items() if isinstance(value, int | float)}
    intervals = {name: value for name, value in found.items() if name.endswith("_interval")}
    return {**numbers, **intervals}


def measure(setting: Setting, data: Path, extra: list[str], run: Path | None = None) -> dict[str, Any]:
    """One run, which stays where `run` says a folder, and its scores."""
    files = [part for file in setting.files for part in ("--files", str(data / file))]
    with tempfile.TemporaryDirectory() as folder:
        keep = Path(folder)
        train, scored = parts_of(setting, data, keep)
        run = run or keep / "run"
        command("train", setting.task, train, *files, *setting.options, *extra, "--out", str(run))
        made = json.loads((run / "result.json").read_text())
        config = json.loads((run / "config.json").read_text())
        plain = command("evaluate", str(run), scored, *files, "--json")
        fused = (
            command("evaluate", str(run), scored, *files, *WITH_TEXTS, "--json")
            if setting.task in (SPEECH, WRITING)
            else None
        )
    shown = ["rnnkit", "train", setting.task, *setting.train, *setting.options, *extra]
    return {
        "command": " ".join(shown),
        "weights_chosen_by": setting.chosen_by,
        "model": config["model"],
        "training": config["training"],
        **{name: made[name] for name in ("parameters", "steps", "best_step", "epochs", "training_seconds")},
        "scores": scores_of(plain),
        "baseline": scores_of(plain["baseline"]),
        **({"with_the_training_texts": scores_of(fused)} if fused else {}),
    }


def main(settings: dict[str, Setting], about: str | None) -> None:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", nargs="+", choices=settings)
    parser.add_argument("--keep", type=Path, help="folder that the trained runs stay in, each under its name")
    found, extra = parser.parse_known_args()
    for name in found.runs:
        made = measure(settings[name], found.data, extra, found.keep and found.keep / name)
        (RESULTS / f"{name}.json").write_text(json.dumps(made, indent=1) + "\n")
        print(name, json.dumps(made["scores"]), json.dumps(made.get("with_the_training_texts", {})))


if __name__ == "__main__":
    main(SETTINGS, __doc__)
