"""Videos, each in its time: the runs whose results stand in benchmarks/results/.

    python benchmarks/videos.py DATA RUN…      with RUN among the names below; DATA holds the data sets' folders

Each is trained through the command line with its defaults but for what its options say, and scored on people, or
sources, that training has not seen (the poses' clips may be of films that training has). Weights are chosen by groups
held out of training. Writes `results/NAME.json`. Further options, such as `--budget 5s`, are passed on to training.
"""

from __future__ import annotations

import csv
import gzip
import itertools
from collections.abc import Iterator
from pathlib import Path

from command_line import Row, Setting, main

VIDEOS = "video-tagging"
NO_JOINTS = ("video", "subject", "frame", "label")


def gestures(path: Path, keep: Path) -> Iterator[Row]:
    """A row a video of a table with a row a frame: its joints, and its labels."""
    with gzip.open(path, "rt") as lines:
        for _, frames in itertools.groupby(csv.DictReader(lines), lambda row: row["video"]):
            rows = list(frames)
            joints = [[float(row[name]) for name in row if name not in NO_JOINTS] for row in rows]
            yield {"video": joints, "label": [row["label"] for row in rows]}


FILE = ("--column", "video=file")
SETTINGS = {
    "lsa-signs": Setting(
        VIDEOS, ("lsa-signs/lsa-signs-train.csv",), "lsa-signs/lsa-signs-dev.csv",
        (*FILE, "--group", "signer", "--budget", "10m"),
        ("lsa-signs/lsa-signs-train.zip", "lsa-signs/lsa-signs-dev.zip"),
    ),
    "lip-words": Setting(
        VIDEOS, ("miracl-lip-words/lip-words-train.csv",), "miracl-lip-words/lip-words-dev.csv",
        (*FILE, "--tiles", "80x48", "--group", "speaker", "--budget", "15m"),
        ("miracl-lip-words/lip-words-train.zip", "miracl-lip-words/lip-words-dev.zip"),
    ),
    "surveillance-fights": Setting(
        VIDEOS, ("surveillance-fights/fights-train.csv",), "surveillance-fights/fights-dev.csv",
        (*FILE, "--encoder", "efficientnet-lite0", "--group", "source", "--budget", "10m"),
        ("surveillance-fights/fights-train.zip", "surveillance-fights/fights-dev.zip"),
    ),
    "jhmdb-poses": Setting(
        VIDEOS, ("jhmdb-poses/jhmdb-poses-train.jsonl.gz",), "jhmdb-poses/jhmdb-poses-dev.jsonl.gz",
        ("--column", "video=pose", "--budget", "5m"), (), "a share of the training part",
    ),
    "gestures-frames": Setting(
        "video-segmentation", ("ground-guide-gestures/gestures-train.csv.gz",),
        "ground-guide-gestures/gestures-dev.csv.gz", ("--direction", "forward", "--budget", "3m"), (),
        "a share of the training part", rows_of=gestures,
    ),
}  # fmt: skip

if __name__ == "__main__":
    main(SETTINGS, __doc__)
