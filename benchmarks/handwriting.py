"""Handwriting that a network writes, in its time: the runs whose results stand in benchmarks/results/.

    python benchmarks/handwriting.py DATA RUN…      with RUN among the names below; DATA holds the data sets' folders

Each is trained through the command line with its defaults but for what its options say, and scored on pages or drawers
that training has not seen, nor what chose the weights. Where ink has a text, texts of the pages set aside are written
with each of `BIASES`, and read by a recogniser that `recognition.py` says how to train, on the same pages as the
writer; `--recogniser RUN` takes one that was trained so. Writes `results/NAME.json`. Further options, such as
`--budget 5s`, are passed on to training.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from recognition import PAGES, RESULTS, Setting, command, parts_of, scores_of
from recognition import SETTINGS as READERS

SYNTHESIS = "handwriting-synthesis"
SETTINGS = {
    "gw-online-written": Setting(
        SYNTHESIS, ("gw-online/gw-online-train.jsonl.gz",), lambda row: row["page"] in PAGES,
        ("--column", "ink=strokes", "--group", "page", "--budget", "20m"),
    ),
    "omniglot-drawn": Setting(
        SYNTHESIS, ("omniglot-strokes/omniglot-strokes-train.jsonl.gz",),
        "omniglot-strokes/omniglot-strokes-dev.jsonl.gz",
        ("--column", "ink=strokes", "--upwards", "--group", "drawer", "--budget", "10m"),
    ),
}  # fmt: skip
READ_BY = {"gw-online-written": "gw-online"}
"""the recogniser, among those of `recognition.py`"""
BIASES = ("0", "0.5", "1", "2")


def legibility(run: str, recogniser: str, scored: str) -> dict[str, Any]:
    """What is read of the texts set aside, by bias, and of their real ink."""
    found = {}
    for bias in BIASES:
        scores = command("evaluate", run, scored, "--recogniser", recogniser, "--bias", bias, "--json")
        found[bias] = {name: value for name, value in scores_of(scores).items() if "rate" in name}
    return found


def measure(name: str, data: Path, recogniser: str | None, extra: list[str]) -> dict[str, Any]:
    """One run, and its scores."""
    setting = SETTINGS[name]
    with tempfile.TemporaryDirectory() as folder:
        keep = Path(folder)
        train, scored = parts_of(setting, data, keep)
        run = str(keep / "run")
        command("train", setting.task, train, *setting.options, *extra, "--out", run)
        made = json.loads((keep / "run" / "result.json").read_text())
        config = json.loads((keep / "run" / "config.json").read_text())
        plain = command("evaluate", run, scored, "--json")
        read = {}
        if name in READ_BY:
            reader = READERS[READ_BY[name]]
            if recogniser is None:
                recogniser = str(keep / "reader")
                command("train", reader.task, train, *reader.options, "--out", recogniser)
            read = {"read_by_bias": legibility(run, recogniser, scored)}
    shown = ["rnnkit", "train", setting.task, *setting.train, *setting.options, *extra]
    return {
        "command": " ".join(shown),
        "weights_chosen_by": setting.chosen_by,
        "model": config["model"],
        "training": config["training"],
        **{key: made[key] for key in ("parameters", "steps", "best_step", "epochs", "training_seconds")},
        "scores": scores_of(plain),
        "baseline": scores_of(plain["baseline"]),
        **read,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", nargs="+", choices=SETTINGS)
    parser.add_argument("--recogniser", help="a run that reads the texts, in place of training one")
    found, extra = parser.parse_known_args()
    for name in found.runs:
        made = measure(name, found.data, found.recogniser, extra)
        (RESULTS / f"{name}.json").write_text(json.dumps(made, indent=1) + "\n")
        print(name, json.dumps(made["scores"]), json.dumps(made.get("read_by_bias", {})))


if __name__ == "__main__":
    main()
