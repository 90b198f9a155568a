"""Handwriting that a network writes, in its time: the runs whose results stand in benchmarks/results/.

    python benchmarks/handwriting.py DATA RUN…      with RUN among the names below; DATA holds the data sets' folders

Each is trained through the command line with its defaults but for what its options say, and scored on pages or drawers
that training has not seen, nor what chose the weights. Where ink has a text, texts of the pages set aside are written
with each of `BIASES`, and read by a recogniser that `recognition.py` says how to train, on the same pages as the
writer; `--recogniser RUN` takes one that was trained so. Writes `results/NAME.json`. Further options, such as
`--budget 5s`, are passed on to training.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from command_line import Result, Run, Setting, asked, command, keep_result, result_of, scores_of, trained
from recognition import PAGES
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


def legibility(run: Run, recogniser: str) -> Result:
    """What is read of the texts set aside, by bias, and of their real ink."""
    found = {}
    for bias in BIASES:
        scores = scores_of(run.scores("--recogniser", recogniser, "--bias", bias))
        found[bias] = {name: value for name, value in scores.items() if "rate" in name}
    return found


def measure(name: str, data: Path, recogniser: str | None, extra: list[str]) -> Result:
    """One run, and its scores."""
    with tempfile.TemporaryDirectory() as keep:
        run = trained(SETTINGS[name], data, Path(keep), extra)
        made = result_of(SETTINGS[name], run, extra)
        if name in READ_BY:
            if recogniser is None:
                reader, recogniser = READERS[READ_BY[name]], str(Path(keep) / "reader")
                command("train", reader.task, run.train, *reader.options, "--out", recogniser)
            made["read_by_bias"] = legibility(run, recogniser)
    return made


def main() -> None:
    """Measures the runs that were named."""
    parser = asked(__doc__, SETTINGS)
    parser.add_argument("--recogniser", help="a run that reads the texts, in place of training one")
    found, extra = parser.parse_known_args()
    for name in found.runs:
        keep_result(name, measure(name, found.data, found.recogniser, extra), "read_by_bias")


if __name__ == "__main__":
    main()
