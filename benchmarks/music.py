"""Music in its time: the runs whose results stand in benchmarks/results/.

    python benchmarks/music.py DATA RUN…      with RUN among the names below; DATA holds the data sets' folders

Each is trained through the command line with its defaults but for what its options say, and scored on the validation
part, which also chose the weights. Writes `results/music-NAME.json`. Further options, such as `--budget 5s`, are passed
on to training. Nats per frame are added over the 88 keys, as Boulanger-Lewandowski et al. (2012) count them; nats per
note are those of all events of a piece and of its end, over its notes, beside a Markov chain of order 3 over events.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from command_line import Result, Run, asked, command, keep_result


class Setting(NamedTuple):
    """What is trained, and what it is scored on."""

    task: str
    train: str
    scored: str
    options: tuple[str, ...] = ("--budget", "15m")
    prepared: Callable[[Path, Path], Path] = lambda path, keep: path
    """makes, in a folder, of a file what rnnkit reads"""


def in_twelfths(path: Path, keep: Path) -> Path:
    """Notes `[start, length, pitch]` in quarters of a beat as `[start, pitch, length]` in twelfths."""
    made = keep / path.name.removesuffix(".gz")
    with gzip.open(path, "rt") as rows, open(made, "w") as out:
        for row in map(json.loads, rows):
            notes = [[3 * start, pitch, 3 * length] for start, length, pitch in row["notes"]]
            out.write(json.dumps({"notes": notes}) + "\n")
    return made


CHORDS, EVENTS = "music-composition", "music-events"
JSB = (CHORDS, "jsb-chorales/jsb-quarter-train.json", "jsb-chorales/jsb-quarter-valid.json")
NOTTINGHAM = (CHORDS, "nottingham/nottingham-train.json", "nottingham/nottingham-valid.json")
ALONE = ("--keys", "independent", "--budget", "15m")

SETTINGS = {
    "jsb": Setting(*JSB, ALONE),
    "jsb-nade": Setting(*JSB),
    "nottingham": Setting(*NOTTINGHAM, ALONE),
    "nottingham-nade": Setting(*NOTTINGHAM),
    "piano-midi": Setting(EVENTS, "piano-midi/piano-midi-train.jsonl.gz", "piano-midi/piano-midi-dev.jsonl.gz"),
    "pop909-melody": Setting(
        EVENTS, "pop909-melody/pop909-melody-train.jsonl.gz", "pop909-melody/pop909-melody-dev.jsonl.gz",
        prepared=in_twelfths,
    ),
}  # fmt: skip


def measure(name: str, data: Path, extra: list[str]) -> Result:
    """One run, and its scores."""
    setting = SETTINGS[name]
    options = (*setting.options, *extra)
    with tempfile.TemporaryDirectory() as folder:
        keep = Path(folder)
        run = Run(keep / "run", *(str(setting.prepared(data / part, keep)) for part in (setting.train, setting.scored)))
        command("train", setting.task, run.train, "--valid", run.scored, *options, "--out", str(run.folder))
        kept, found = run.kept(), run.scores()
    found.pop("worst", None)
    shown = ["rnnkit", "train", setting.task, setting.train, "--valid", setting.scored, *options]
    return {"command": " ".join(shown), **kept, "scores": found}


def main() -> None:
    """Measures the runs that were named."""
    found, extra = asked(__doc__, SETTINGS).parse_known_args()
    for name in found.runs:
        keep_result(f"music-{name}", measure(name, found.data, extra))


if __name__ == "__main__":
    main()
