"""Speech, handwriting and sounds, each in its time: the runs whose results stand in benchmarks/results/.

    python benchmarks/recognition.py DATA RUN…      with RUN among the names below; DATA holds the data sets' folders

Each is trained through the command line with its defaults but for what its options say, and scored on recordings, hands
or drawers that training has not seen, without a language model and, where texts are found, with n-grams of the training
texts. A run validates on `--group`s held out of training, or on its development part, which then chose the weights
(`chosen_by` says so). Writes `results/NAME.json`. Further options, such as `--budget 5s`, are passed on to training.
Speech of `espeak` is made by espeak-ng, which has to be there, from sentences of WikiText-2: lower case, without marks.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from command_line import Result, Row, Setting, main, result_of, scores_of, trained

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
        rows_of=spoken,
    ),
}  # fmt: skip
WITH_TEXTS = "with_the_training_texts"


def measure(setting: Setting, data: Path, extra: list[str], folder: Path | None = None) -> Result:
    """One run, and its scores; where texts are found, also with n-grams of the training texts."""
    with tempfile.TemporaryDirectory() as keep:
        run = trained(setting, data, Path(keep), extra, folder)
        made = result_of(setting, run, extra)
        if setting.task in (SPEECH, WRITING):
            made[WITH_TEXTS] = scores_of(run.scores("--language-model", "texts"))
    return made


if __name__ == "__main__":
    main(SETTINGS, __doc__, measure, WITH_TEXTS)
