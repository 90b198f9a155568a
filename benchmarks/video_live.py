"""Frames of a video a second on one core, live, by what they go through; and memory over an hour of video.

    python benchmarks/video_live.py [HOURS]      one by default; writes results/video-live.json

The video is made up: 320 × 240, 15 frames a second. `decoding` is reading and squeezing alone, `encoder and network`
the whole of `--follow` on frames that are decoded already, also with each frozen encoder that is installed, `network`
the same on features of 96 numbers a frame. Memory is that of `rnnkit predict`, with and without `--follow`, beside that
of one minute of the same video.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from memory import watched

from rnnkit.data.attachments import Attachments
from rnnkit.data.video.reading import frames_named
from rnnkit.data.video.sampling import Seeing
from rnnkit.errors import UserError
from rnnkit.tasks import VideoTagging

RATE, FRAMES, FROZEN_FRAMES = 15, 600, 100
FROZEN = ("patches", "efficientnet-lite0")
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


def trained(folder: Path, clips: Sequence[Any], **options: Any) -> Any:
    """A forward network of the default size, which has hardly learned."""
    rows = [{"video": clip, "label": "ab"[number % 2]} for number, clip in enumerate(clips)]
    return VideoTagging(direction="forward", steps=1, seed=1, **options).fit(rows, out=folder)


def a_second(pushed: Iterable[Any], push: Callable[[Any], Any]) -> float:
    """How many of some things are pushed a second: the best of three."""
    listed, best = list(pushed), 0.0
    for _ in range(3):
        began = time.perf_counter()
        for one in listed:
            push(one)
        best = max(best, len(listed) / (time.perf_counter() - began))
    return round(best, 1)


def decoded(video: Path, seeing: Seeing) -> tuple[Any, float]:
    """The frames of a video, and how many were decoded a second."""
    began = time.perf_counter()
    frames = np.concatenate(list(frames_named(Attachments().find(str(video)), seeing)))
    return frames, round(len(frames) / (time.perf_counter() - began), 1)


def rates(folder: Path, pixels: Any, chance: np.random.Generator) -> dict[str, float]:
    """Frames a second, by what they go through; `pixels` is a run over frames."""
    frames, made = decoded(folder / "minute.mp4", pixels.fitted.input.seeing)
    found = {"decoding": made}
    found["encoder and network"] = a_second([frames[n : n + 1] for n in range(FRAMES)], pixels.stream().push_item)
    for name in FROZEN:
        try:
            run = trained(folder / name, clips(chance), encoder=name, features_folder=str(folder / "kept"))
        except UserError as error:  # the extra is not installed
            print(f"without {name}: {error}", file=sys.stderr)
            continue
        large, _ = decoded(folder / "minute.mp4", run.fitted.input.seeing)
        found[f"{name} and network"] = a_second(
            [large[n : n + 1] for n in range(FROZEN_FRAMES)], run.stream().push_item
        )
    features = trained(folder / "features", [chance.normal(size=(9, 96)) for _ in range(20)])
    numbers = list(chance.normal(size=(FRAMES, 96)).astype(np.float32))
    found["network"] = a_second(numbers, features.stream().push)
    return found


def clips(chance: np.random.Generator) -> list[Any]:
    """Noise to train on."""
    return [chance.integers(0, 255, (9, 64, 64)).astype(np.uint8) for _ in range(20)]


def memory(folder: Path) -> dict[str, dict[str, float]]:
    """Of predicting a minute and hours, whole and frame by frame."""
    made = {}
    for name in ("minute", "hours"):
        for kind in ((), ("--follow",)):
            command = [sys.executable, "-m", "rnnkit", "predict", str(folder / "run"), str(folder / f"{name}.mp4")]
            made[" ".join([name, *kind])] = watched([*command, *kind], 3600)
    return made


def main() -> None:
    """All of it."""
    torch.set_num_threads(1)
    hours, chance = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_video(folder / "minute.mp4", 60)
        write_video(folder / "hours.mp4", 3600 * hours)
        pixels = trained(folder / "run", clips(chance))
        result = {"frames_a_second": rates(folder, pixels, chance), "hours": hours, "memory": memory(folder)}
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
