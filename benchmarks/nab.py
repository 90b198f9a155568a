"""The Numenta Anomaly Benchmark: the detector's score by NAB's rules, one setting for all files.

    python benchmarks/nab.py DATA [--seeds 3] [--files 39]

DATA holds the benchmark's `data/FOLDER/*.csv` and `labels/combined_windows.json`. Per profile: the score with a
threshold chosen once over the corpus, as NAB does; with the threshold that the false alarms to be borne set beforehand;
and, for each folder, with the threshold that is best for the others ("leave_one_folder_out", of all folders together).
All series step together, as rows of one batch. Writes `results/nab.json`.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnkit.detection import Detector, DetectorOptions, echo_core
from rnnkit.metrics.series.alerts import score_windows
from rnnkit.metrics.series.nab import PROFILES, ScoredSeries, at_threshold, best_threshold, joined_scores, probation


def read(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray, list[tuple[int, int]]]]:
    """Of each file its times in seconds, its values and its windows as rows, the longest file first."""
    windows = json.loads((folder / "labels/combined_windows.json").read_text())
    found = {}
    for name, limits in windows.items():
        lines = (folder / "data" / name).read_text().splitlines()[1:]
        stamps, values = zip(*[line.split(",") for line in lines], strict=True)
        rows = {stamp: row for row, stamp in reversed(list(enumerate(stamps)))}
        times = np.array([datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() for stamp in stamps])
        marked = [(rows[first[:19]], rows[last[:19]]) for first, last in limits]
        found[name] = (times, np.array(values, np.float64), marked)
    return dict(sorted(found.items(), key=lambda item: -len(item[1][1])))


def detected(files: dict[str, Any], detector: Detector) -> tuple[list[np.ndarray], float]:
    """The news of every file, and microseconds a value. Files that have ended leave the batch."""
    lengths = np.array([len(values) for _, values, _ in files.values()])
    news = [np.zeros(length) for length in lengths]
    live = detector.freeze().streams(len(lengths))
    start = time.perf_counter()
    for t in range(lengths[0]):
        alive = int((lengths > t).sum())
        now = list(files.values())[:alive]
        x = torch.tensor([[values[t]] for _, values, _ in now], dtype=torch.float64)
        when = torch.tensor([times[t] for times, _, _ in now], dtype=torch.float64)
        answer = live.step(x, when, torch.arange(alive))
        for row, score in enumerate(answer.news.tolist()):
            news[row][t] = score
    return news, 1e6 * (time.perf_counter() - start) / int(lengths.sum())


def scores(corpus: dict[str, ScoredSeries], threshold: float) -> dict[str, Any]:
    """Of each profile: the threshold chosen over the corpus, fixed beforehand, and over the other folders."""
    made: dict[str, Any] = {}
    for name, profile in PROFILES.items():
        folders = sorted({file.split("/")[0] for file in corpus})
        apart = []
        for folder in folders:
            others = [one for file, one in corpus.items() if not file.startswith(folder + "/")]
            chosen = best_threshold(others, profile).threshold
            apart += [(one, chosen) for file, one in corpus.items() if file.startswith(folder + "/")]
        made[name] = {
            "corpus": asdict(best_threshold(list(corpus.values()), profile)),
            "fixed": asdict(at_threshold(list(corpus.values()), threshold, profile)),
            "leave_one_folder_out": joined_scores(apart, profile),
        }
    return made


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3, help="seeds of the core's weights; the first is the default")
    parser.add_argument("--files", type=int, default=None, help="the first files alone")
    given = parser.parse_args()
    torch.set_num_threads(1)
    files = dict(list(read(given.data).items())[: given.files])
    runs = []
    for seed in range(given.seeds):
        detector = Detector(network=echo_core(1, seed=seed))
        news, microseconds = detected(files, detector)
        corpus = {name: ScoredSeries(one, files[name][2]) for name, one in zip(files, news, strict=True)}
        made = scores(corpus, detector.threshold)
        alerts = [one >= detector.threshold for one in news]
        for raised in alerts:
            raised[: probation(len(raised))] = False
        windows = score_windows(alerts, [one.windows for one in corpus.values()])
        runs.append({"seed": seed, "microseconds_a_value": microseconds, **made, "windows_at_fixed": windows})
        print(json.dumps(runs[-1], indent=1), flush=True)
    mean = {name: statistics.mean(run[name]["corpus"]["score"] for run in runs) for name in PROFILES}
    result = {
        "command": f"python benchmarks/nab.py DATA --seeds {given.seeds}",
        "files": len(files),
        "values": sum(len(values) for _, values, _ in files.values()),
        "machine": platform.machine(),
        "torch": torch.__version__,
        "options": asdict(DetectorOptions()),
        "mean_of_seeds": mean,
        "runs": runs,
    }
    (Path(__file__).parent / "results/nab.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
