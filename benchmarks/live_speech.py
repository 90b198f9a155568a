"""A forward recogniser live: real-time factor on one core, streams side by side, latency, memory over an hour; whether
what it says of each recording is what it says of the whole, and how well it hears them all in one session.

    python benchmarks/live_speech.py RUN TABLE [--files ZIP…]      with RUN trained by --direction forward

Sound comes in pieces of 100 ms. Writes `results/live-speech.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import torch
from memory import watched
from numpy.typing import NDArray

import rnnkit

RESULTS = Path(__file__).parent / "results" / "live-speech.json"
PIECE = 0.1
"""seconds"""
STREAMS, SECONDS = 1000, 20
Sound = NDArray[np.int16]


def pushed(live: Any, sound: Sound, size: int) -> list[str]:
    """The final texts of a recording that comes in pieces."""
    told = [one for start in range(0, len(sound), size) for one in live.push(sound[start : start + size])[0]]
    return [one.text for one in [*told, *live.finish()[0]] if one.final]


def alone(trained: Any, sounds: list[Sound], size: int) -> dict[str, Any]:
    """One stream on one core, and how many recordings say live what they say whole."""
    torch.set_num_threads(1)
    live, took, same = trained.stream(), [], 0
    whole = [one.text for one in trained.predict([(sound, rate_of(trained)) for sound in sounds])]
    for sound, text in zip(sounds, whole, strict=True):
        began = time.perf_counter()
        said = pushed(live, sound, size)
        took.append((time.perf_counter() - began) / (len(sound) / rate_of(trained)))
        same += " ".join(" ".join(said).split()) == " ".join(text.split())
    pieces = 1000 * np.array(live.machine)
    return {
        "real_time_factor": round(statistics.median(took), 4),
        "recordings": len(sounds),
        "the_same_live_as_whole": same,
        "look_ahead_ms": round(1000 * live.look_ahead),
        "machine_ms_a_piece": {"median": round(float(np.median(pieces)), 2), "most": round(float(pieces.max()), 2)},
    }


def one_after_another(trained: Any, sounds: list[Sound], texts: list[str], size: int) -> dict[str, Any]:
    """Word error rates of the recordings each from its own beginning, and all in one session, a second apart."""
    rate = rate_of(trained)
    quiet = (20 * np.random.default_rng(0).standard_normal(rate)).astype(np.int16)
    live = trained.stream()
    each = [" ".join(pushed(live, sound, size)) for sound in sounds]
    session = " ".join(pushed(live, np.concatenate([part for sound in sounds for part in (sound, quiet)]), size))
    return {
        "word_error_rate_each_alone": round(100 * jiwer.wer(texts, each), 2),
        "word_error_rate_of_a_session": round(100 * jiwer.wer(" ".join(texts), session), 2),
    }


def together(trained: Any, sound: Sound, size: int) -> dict[str, Any]:
    """A thousand streams as one batch: seconds of sound a second, of all of them together, on the cores there are."""
    cores = len(os.sched_getaffinity(0))
    torch.set_num_threads(cores)
    live, pieces = trained.stream(STREAMS), round(SECONDS / PIECE)
    chance = np.random.default_rng(0)
    starts = chance.integers(0, len(sound) - pieces * size, STREAMS)
    began = time.perf_counter()
    for number in range(pieces):
        live.push(np.stack([sound[start + number * size :][:size] for start in starts]))
    took = time.perf_counter() - began
    return {"cores": cores, "streams": STREAMS, "seconds_of_sound_a_second": round(STREAMS * SECONDS / took)}


def memory_of(run: str, sound: Sound, rate: int) -> dict[str, Any]:
    """Resident memory of `rnnkit predict --follow` over an hour of sound, beside five minutes of it."""
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, minutes in (("5 minutes", 5), ("an hour", 60)):
            path = Path(folder) / "sound.raw"
            path.write_bytes(np.resize(sound, 60 * minutes * rate).tobytes())
            command = f"{sys.executable} -m rnnkit predict {run} - --rate {rate} --follow < {path}"
            made[name] = watched(["bash", "-c", f"exec {command}"], 3600)
    return made


def rate_of(trained: Any) -> int:
    """The network's sampling rate, in Hz."""
    return int(trained.fitted.input.features.sampling_rate)


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("table")
    parser.add_argument("--files", action="append", default=[])
    options = parser.parse_args()
    trained: Any = rnnkit.load(options.run)
    table = trained.table({"files": tuple(options.files)})
    records = trained.task.reading(table).records([options.table], trained.fitted)
    sounds = [record.facts["item"] for record in records]
    size, joined = round(PIECE * rate_of(trained)), np.concatenate(sounds)
    result = {
        "one_stream_on_one_core": alone(trained, sounds, size),
        **one_after_another(trained, sounds, [next(iter(record.labels["text"])) for record in records], size),
        "side_by_side": together(trained, joined, size),
        "memory_with_follow": memory_of(options.run, joined, rate_of(trained)),
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
