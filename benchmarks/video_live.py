"""Frames of a video a second on one core, live, by what they go through; and memory over an hour of video.

    python benchmarks/video_live.py [HOURS]      one by default; writes results/video-live.json

The video is made up: 320 × 240, 15 frames a second. `decoding` is reading and squeezing alone, `encoder and network`
the whole of `--follow` on frames that are decoded already, `network` the same on features of 96 numbers a frame.
Memory is that of `rnnkit predict`, with and without `--follow`, beside that of one minute of the same video.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from memory import watched

from rnnkit.data.attachments import Attachments
from rnnkit.data.video.reading import frames_named
from rnnkit.tasks import VideoTagging

RATE, FRAMES = 15, 600
RESULTS = Path(__file__).parent / "results" / "video-live.json"


def write_video(path: Path, seconds: float) -> None:
    """A square that moves over noise."""
    chance = np.random.default_rng(0)
    ground = chance.integers(0, 60, (240, 320)).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(round(seconds * RATE)):
            frame = ground.copy()
            left = 3 * number % 270
            frame[90:140, left : left + 50] = 220
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "gray").reformat(format="yuv420p")))
        container.mux(stream.encode())


def trained(folder: Path, rows: list[dict[str, Any]]) -> Any:
    """A forward network of the default size, which has hardly learned."""
    return VideoTagging(direction="forward", steps=1, seed=1).fit(rows, out=folder)


def a_second(pushed: Iterable[Any], push: Callable[[Any], Any]) -> float:
    """How many of some things are pushed a second: the best of three."""
    listed, best = list(pushed), 0.0
    for _ in range(3):
        began = time.perf_counter()
        for one in listed:
            push(one)
        best = max(best, len(listed) / (time.perf_counter() - began))
    return round(best, 1)


def main() -> None:
    """All of it."""
    torch.set_num_threads(1)
    hours, chance = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_video(folder / "minute.mp4", 60)
        write_video(folder / "hours.mp4", 3600 * hours)
        shown = [chance.integers(0, 255, (9, 64, 64)).astype(np.uint8) for _ in range(20)]
        pixels = trained(folder / "run", [{"video": one, "label": "ab"[n % 2]} for n, one in enumerate(shown)])
        known = [chance.normal(size=(9, 96)) for _ in range(20)]
        features = trained(folder / "features", [{"video": one, "label": "ab"[n % 2]} for n, one in enumerate(known)])
        seeing = pixels.fitted.input.seeing
        found = Attachments().find(str(folder / "minute.mp4"))
        began = time.perf_counter()
        decoded = np.concatenate(list(frames_named(found, seeing)))
        rates = {"decoding": round(len(decoded) / (time.perf_counter() - began), 1)}
        items = [decoded[n : n + 1] for n in range(FRAMES)]
        rates["encoder and network"] = a_second(items, pixels.stream().push_item)
        numbers = list(chance.normal(size=(FRAMES, 96)).astype(np.float32))
        rates["network"] = a_second(numbers, features.stream().push)
        memory = {}
        for name in ("minute", "hours"):
            for kind in ((), ("--follow",)):
                command = [sys.executable, "-m", "rnnkit", "predict", str(folder / "run"), str(folder / f"{name}.mp4")]
                memory[" ".join([name, *kind])] = watched([*command, *kind], 3600)
    result = {"frames_a_second": rates, "hours": hours, "memory": memory}
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
