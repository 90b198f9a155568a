"""Quality for time: the runs whose results stand in benchmarks/results/, each through the command line's defaults.

    python benchmarks/quality.py DATA RUN…      with RUN among the names below; DATA holds the data sets' folders

Each writes `results/NAME.json`: the command, the scores beside the baseline's, and the seconds. Those of `FOLDED` are
five runs, one a fold, of which mean and spread are written; they validate once, at the end, so that no weights are
chosen by the fold that they are scored on. Those of `STARTED` begin with a language model of the texts that are learned
from, which is trained before. Further options, such as `--budget 5s`, are passed on to every run.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
from pathlib import Path
from typing import Any

from command_line import RESULTS, command

from rnnkit.tasks import TextClassification

GENERATION, SENTIMENT, CLASSES = "text-generation", "sentiment-analysis", "text-classification"
PLAYS = ("tinyshakespeare/train.txt", "tinyshakespeare/valid.txt")
RUNS = {
    "tinyshakespeare-100s": (GENERATION, *PLAYS, ["--budget", "100s"]),
    "tinyshakespeare-5m": (GENERATION, *PLAYS, ["--budget", "5m"]),
    "wikitext2-15m": (
        GENERATION, "wikitext2/train.txt.gz", "wikitext2/valid.txt", ["--level", "word", "--budget", "15m"]
    ),
    "sst2": (SENTIMENT, "sst2/train_phrases.tsv.gz", "sst2/dev.tsv", ["--budget", "5m"]),
    "imdb": (SENTIMENT, "imdb/train.tsv.gz", None, ["--budget", "15m"]),
    "banking77": (CLASSES, "banking77/train.tsv", None, ["--budget", "5m"]),
    "names": (CLASSES, "names/train.tsv", None, ["--budget", "4m"]),
}  # fmt: skip
SERIES, STEPS = "series-classification", "series-tagging"
GESTURES = ("ground-guide-gestures/gestures-train.csv.gz", "ground-guide-gestures/gestures-dev.csv.gz")
POSES = ["--column", "series=video", "--without", "subject,frame", "--budget", "3m"]
RUNS |= {
    "gestures": (STEPS, *GESTURES, POSES),
    "gestures-forward": (STEPS, *GESTURES, [*POSES, "--direction", "forward"]),
}
TAGS, INTENTS, CALLS = "tagging", "intent-and-slots", "call-analysis"
SWITCHBOARD = ("swda/train.tsv.gz", "swda/valid.tsv")
FINANCE = ("multidogo/finance/train.tsv.gz", "multidogo/finance/dev.tsv.gz")
AIRLINE = ("multidogo/airline/train.tsv.gz", "multidogo/airline/dev.tsv.gz")
BY_DIALOGUE = ["--column", "call=dialogue", "--budget", "15m"]
SERVICE = ["--bad-rows", "skip", "--budget", "3m"]
RUNS |= {
    "ud-english-ewt": (TAGS, "ud_english_ewt/train.tsv.gz", "ud_english_ewt/dev.tsv", ["--budget", "5m"]),
    "atis": (INTENTS, "atis/train.tsv", "atis/valid.tsv", ["--budget", "5m"]),
    "swda": (CALLS, *SWITCHBOARD, BY_DIALOGUE),
    "swda-whole": (CALLS, *SWITCHBOARD, [*BY_DIALOGUE, "--direction", "both"]),
    "multidogo-finance": (CALLS, *FINANCE, SERVICE),
    "multidogo-finance-alone": (CALLS, *FINANCE, [*SERVICE, "--no-context"]),
    "multidogo-airline": (CALLS, *AIRLINE, SERVICE),
    "multidogo-airline-alone": (CALLS, *AIRLINE, [*SERVICE, "--no-context"]),
}
PAIRS, WRITERS = "multi30k_en_de", ("translation", "summarization", "image-captioning")
PHOTOS = [
    "--files", "DATA/flickr8k/flickr8k-train-images.zip", "--files", "DATA/flickr8k/flickr8k-dev-images.zip",
]  # fmt: skip
CAPTIONS = ("flickr8k/flickr8k-train-captions.token.txt", "flickr8k/flickr8k-dev-captions.token.txt")
RUNS |= {
    "multi30k": ("translation", f"{PAIRS}/train.tok.tsv.gz", f"{PAIRS}/valid.tok.tsv", ["--budget", "30m"]),
    "multi30k-1h": ("translation", f"{PAIRS}/train.tok.tsv.gz", f"{PAIRS}/valid.tok.tsv", ["--budget", "1h"]),
    "multi30k-raw": ("translation", f"{PAIRS}/train.raw.tsv.gz", f"{PAIRS}/valid.raw.tsv", ["--budget", "30m"]),
    "sentence-compression": (
        "sentence-compression", "sentence_compression/train.tsv.gz", "sentence_compression/dev.tsv",
        ["--budget", "15m"],
    ),
    "aeslc": (
        "summarization", "aeslc/train.jsonl.gz", "aeslc/dev.jsonl",
        ["--column", "text=body", "--column", "summary=subject", "--budget", "30m"],
    ),
    "flickr8k": ("image-captioning", *CAPTIONS, [*PHOTOS, "--budget", "30m"]),
    "flickr8k-efficientnet": (
        "image-captioning", *CAPTIONS, [*PHOTOS, "--encoder", "efficientnet-lite0", "--budget", "30m"]
    ),
}  # fmt: skip
FOLDED = {
    "japanese-vowels": (SERIES, "ucr-uea/JapaneseVowels-train.npz", ["--budget", "1m"]),
    "plaid": (SERIES, "ucr-uea/PLAID-train.npz", ["--budget", "1m"]),
    "ecg5000": (SERIES, "ucr-uea/ECG5000-train.npz", ["--budget", "1m"]),
}
STARTED = {
    "imdb-from-language-model": (
        "imdb",
        ["--level", "word", "--sequence", "line", "--vocabulary", "30000", "--hidden", "256", "--budget", "15m"],
    ),
}
"""A run that differs from another by the language model that initialises it, and that model's options."""
FOLDS = 5
ABOUT = ("files", "from", "given", "command", "baseline")
"""what a result has of where the run comes from, and again in its validation"""
SPREAD = ("accuracy", "macro_f1", "log_loss")


def trained(task: str, train: str, valid: str | None, options: list[str], data: Path, out: Path) -> dict[str, Any]:
    """The configuration of one run with its result, without the long tables of single labels, which its folder has."""
    validated = ["--valid", str(data / valid)] if valid else []
    command("train", task, str(data / train), *validated, "--out", str(out), *options, "--force")
    config: dict[str, Any] = json.loads((out / "config.json").read_text())
    result = json.loads((out / "result.json").read_text())
    if task in WRITERS:
        del result["labels"]  # the commonest text of the data
    scores = result["validation"]
    for part in (scores, scores["baseline"], scores["baseline"].get("majority", {})):
        for long in [name for name in part if name.endswith(("confusion", "per_class", "per_span"))]:
            del part[long]
    return {
        **config,
        "seconds": result.pop("seconds"),
        "result": {name: result[name] for name in result if name not in ABOUT},
    }


def facts(name: str, task: str, train: str, valid: str | None, options: list[str], config: dict[str, Any]) -> Any:
    """What every result has."""
    shown = ["rnnkit", "train", task, train, *(["--valid", valid] if valid else [])]
    return {
        "command": " ".join([*shown, "--out", f"runs/{name}", *options]),
        "machine": {"processor": platform.processor() or platform.machine(), "python": platform.python_version()},
        "model": config["model"],
        "training": config["training"],
    }


def measure(name: str, data: Path, keep: Path, extra: list[str]) -> dict[str, Any]:
    """One run."""
    task, train, valid, options = RUNS[name]
    options = [*options, *extra]
    read, checked = as_table(data / train, keep), as_table(data / valid, keep) if valid else None
    own = [option.replace("DATA", str(data)) for option in options]
    config = trained(task, read, checked, own, data, keep / name)
    about = facts(name, task, train, valid, options, config)
    return {**about, "seconds": config["seconds"], "result": config["result"]}


def as_table(path: Path, keep: Path) -> str:
    """A file as the command line reads it: a list of Flickr's captions (`photo.jpg#0`, tab, caption) gets a header."""
    if not path.name.endswith(".token.txt"):
        return str(path)
    table = keep / path.name.replace(".token.txt", ".tsv")
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text("image\tcaption\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    return str(table)


def measure_folds(name: str, data: Path, keep: Path, extra: list[str]) -> dict[str, Any]:
    """A run a fold: each score's mean over them, and their deviation."""
    task, train, options = FOLDED[name]
    options = [*options, "--validations", "1", *extra]
    configs = []
    for fold in range(1, FOLDS + 1):
        own = [*options, "--fold", f"{fold}/{FOLDS}"]
        configs.append(trained(task, train, None, own, data, keep / f"{name}-{fold}"))
    about = facts(name, task, train, None, [*options, "--fold", f"K/{FOLDS}"], configs[0])
    scores = [config["result"]["validation"] for config in configs]
    result = {
        "folds": [config["result"] for config in configs],
        "model": {title: spread([score[title] for score in scores]) for title in SPREAD},
        "baseline": {title: spread([score["baseline"][title] for score in scores]) for title in SPREAD},
    }
    return {**about, "seconds": [config["seconds"] for config in configs], "result": result}


def spread(values: list[float]) -> dict[str, float]:
    """Mean and deviation (of a sample)."""
    return {"mean": statistics.mean(values), "deviation": statistics.stdev(values)}


def measure_started(name: str, data: Path, keep: Path, extra: list[str]) -> dict[str, Any]:
    """A run that begins with a language model of the texts that it learns from, and that language model."""
    other, first = STARTED[name]
    task, train, valid, options = RUNS[other]
    first = [*first, *extra]
    words = f"{name}-words"
    classes = TextClassification()
    learned, _ = classes.hold_out(classes.records([str(data / train)]))
    with tempfile.TemporaryDirectory() as folder:
        lines = [" ".join(record.text.split()) + "\n" for record in learned]
        (Path(folder) / "texts.txt").write_text("".join(lines), encoding="utf-8")
        begun = trained(GENERATION, "texts.txt", None, first, Path(folder), keep / words)
    config = trained(task, train, valid, [*options, "--from", str(keep / words), *extra], data, keep / name)
    about = facts(name, task, train, valid, [*options, "--from", f"runs/{words}", *extra], config)
    model = facts(words, GENERATION, "texts.txt", None, first, begun)
    return {
        **about,
        "seconds": config["seconds"],
        "result": config["result"],
        "language_model": {**model, "seconds": begun["seconds"], "result": begun["result"]},
    }


def main() -> None:
    """The runs that were named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=lambda given: Path(given).resolve())
    parser.add_argument("runs", nargs="+", choices=[*RUNS, *FOLDED, *STARTED])
    parser.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir()) / "rnnkit-quality", help="where the runs lie"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the results are written")
    options, extra = parser.parse_known_args()
    options.results.mkdir(parents=True, exist_ok=True)
    for name in options.runs:
        how = measure_folds if name in FOLDED else measure_started if name in STARTED else measure
        result = how(name, options.data, options.keep, extra)
        (options.results / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
        shown = result["result"].get("validation") or {key: result["result"][key] for key in ("model", "baseline")}
        print(name, json.dumps(shown, indent=2))


if __name__ == "__main__":
    main()
