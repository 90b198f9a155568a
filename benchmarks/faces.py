"""Faces with and without masks, found in half an hour: by the recurrent decoder, the same network with a dense one, a
classical cascade (Viola and Jones 2001, as OpenCV 4 has it), and boxes where training has them.

    pip install 'opencv-python-headless<5'          # for `cascade` alone; version 5 has it no more
    python benchmarks/faces.py DATA [recurrent dense cascade] [--draw FOLDER]

DATA holds the folder `face-masks`. Networks are trained through the command line, choose their weights by pictures held
out of training, and are scored on the development part, which nothing else has seen. The cascade's enlargement of
pictures is the one that is best on training pictures. Writes `results/faces-NAME.json`; `--draw` writes the first ten
pictures of the development part with their boxes. Further options, such as `--budget 5m`, are passed on to training.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from command_line import RESULTS, command
from PIL import Image

import rnnkit
from rnnkit.metrics.boxes import FoundBoxes, TrueBoxes, score_boxes
from rnnkit.tasks import ObjectDetection

TIMED = ("--precision", "bf16-mixed", "--budget", "30m", "--held-out", "0.08")
SETTINGS = {"recurrent": TIMED, "dense": (*TIMED, "--decoder", "dense")}
CASCADE = "cascade"
ENLARGED = (1, 2, 3, 4)
TRIED = 100
"""training pictures by which the cascade's enlargement is chosen"""
DRAWN = 10


def part(data: Path, name: str) -> tuple[str, str]:
    """The COCO file of a part, and the archive of its pictures."""
    folder = data / "face-masks"
    return str(folder / f"face-masks-{name}.coco.json"), str(folder / f"face-masks-{name}-images.zip")


def numbers(found: dict[str, Any]) -> dict[str, Any]:
    """The scores of an evaluation, without what quotes the data."""
    left_out = ("worst", "baseline", "majority", "name")
    return {name: value for name, value in found.items() if name not in left_out}


def measure(name: str, data: Path, extra: list[str], draw: Path | None) -> dict[str, Any]:
    """A network's run, and its scores."""
    (train, photos), (scored, others) = part(data, "train"), part(data, "dev")
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "run")
        command("train", "object-detection", train, "--files", photos, *SETTINGS[name], *extra, "--out", run)
        made = json.loads((Path(run) / "result.json").read_text())
        found = command("evaluate", run, scored, "--files", others, "--json")
        trained = rnnkit.load(run)
        records = ObjectDetection(files=(others,)).records([scored])
        if draw is not None:
            draw_some(trained, records, draw)
        rates = rates_of(trained, records)
    return {
        "command": " ".join(["rnnkit train object-detection face-masks-train.coco.json", *SETTINGS[name], *extra]),
        **{key: made[key] for key in ("parameters", "steps", "best_step", "epochs", "training_seconds", "learned")},
        "scores": numbers(found),
        "boxes_where_training_has_them": numbers(found["baseline"]),
        **rates,
    }


def rates_of(trained: Any, records: Sequence[Any]) -> dict[str, float]:
    """Pictures a second on one core, which are in memory: one by one, as they come live, and many at once."""
    scenes = [record.facts["scene"] for record in records]
    made, before = {}, torch.get_num_threads()
    torch.set_num_threads(1)
    for title, size in (("live_pictures_a_second", 1), ("pictures_a_second_at_once", 32)):
        groups = [scenes[start : start + size] for start in range(0, len(scenes), size)]
        trained.answers([""] * len(groups[0]), groups[0], None)
        began = time.perf_counter()
        for group in groups:
            trained.answers([""] * len(group), group, None)
        made[title] = round(len(scenes) / (time.perf_counter() - began), 2)
    torch.set_num_threads(before)
    return made


def draw_some(trained: Any, records: Sequence[Any], folder: Path) -> None:
    """The first pictures with their boxes."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, record in enumerate(records[:DRAWN], 1):
        picture, path = Image.fromarray(record.facts["scene"].pixels), folder / f"{number:02}.png"
        (answer,) = trained.predict(picture, draw=str(path), why=str(folder / f"{number:02}-why.png"))
        print(f"{path}: {len(answer.boxes)} boxes, {len(record.facts['boxes'])} in truth")


def cascade(pictures: Sequence[Any], enlarged: int) -> list[FoundBoxes]:
    """What the cascade finds of frontal faces; all have one label, and the weight of the last stage as confidence."""
    import cv2

    found, judge = [], cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    for record in pictures:
        pixels = record.facts["scene"].pixels
        grey = Image.fromarray(pixels).convert("L")
        large = np.asarray(grey.resize((grey.width * enlarged, grey.height * enlarged), Image.Resampling.BICUBIC))
        boxes, _, weights = judge.detectMultiScale3(large, 1.05, 1, outputRejectLevels=True)
        sides = np.asarray(boxes, np.float64).reshape(-1, 4) / enlarged * record.facts["scene"].width / grey.width
        sure = np.maximum(np.asarray(weights, np.float64).reshape(-1), 0)
        found.append(FoundBoxes.of_labels(sides, sure / (1 + sure), np.zeros(len(sides), np.int64)))
    return found


def truths_of(records: Sequence[Any], names: list[str]) -> list[TrueBoxes]:
    """The boxes of pictures."""
    made = []
    for record in records:
        scene, boxes = record.facts["scene"], record.facts["boxes"]
        sides = np.array([box.sides for box in boxes], np.float64).reshape(-1, 4)
        labels = np.array([names.index(box.label) for box in boxes], np.int64)
        made.append(TrueBoxes(sides, labels, scene.width, scene.height))
    return made


def measure_cascade(data: Path) -> dict[str, Any]:
    """The cascade's scores: every face is said to be of the commonest label."""
    learned, scored = (ObjectDetection(files=(photos,)).records([table]) for table, photos in
                       (part(data, "train"), part(data, "dev")))  # fmt: skip
    labels = [box.label for record in learned for box in record.facts["boxes"]]
    names = sorted(set(labels), key=labels.count, reverse=True)
    some = learned[:TRIED]
    tried = {
        by: score_boxes(cascade(some, by), truths_of(some, names), names)["average_precision_50"] for by in ENLARGED
    }
    best = max(tried, key=lambda by: tried[by])
    began = time.perf_counter()
    found = cascade(scored, best)
    seconds = time.perf_counter() - began
    scores = score_boxes(found, truths_of(scored, names), names)
    return {"enlarged": best, "tried": tried, "scores": scores, "pictures_a_second": round(len(scored) / seconds, 2)}


def main() -> None:
    """Measures what is named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("names", nargs="*", choices=[*SETTINGS, CASCADE], default=[*SETTINGS, CASCADE])
    parser.add_argument("--draw", type=Path)
    found, extra = parser.parse_known_args()
    for name in found.names:
        made = measure_cascade(found.data) if name == CASCADE else measure(name, found.data, extra, found.draw)
        (RESULTS / f"faces-{name}.json").write_text(json.dumps(made, indent=1) + "\n")
        print(name, json.dumps(made["scores"]))


if __name__ == "__main__":
    main()
