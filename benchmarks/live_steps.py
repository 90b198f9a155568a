"""Microseconds a live step takes: a model's own `step`, which packs the weights each time, beside its frozen one.

    python benchmarks/live_steps.py       on one thread; writes results/live-steps.json

Networks are as large as the tasks' defaults; times are medians over blocks of steps that alternate between the two.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from rnnkit.cells import lstm
from rnnkit.cores import Bidirectional, Stack
from rnnkit.encoders import Embedding, LinearFrames, SubwordEmbedding
from rnnkit.heads import Categorical, LinearChainCRF, SoftmaxClassifier
from rnnkit.models import Classifier, Conversation, LanguageModel, Tagger, Turns
from rnnkit.pooling import POOLINGS
from rnnkit.sequence import SequenceBatch

BLOCKS, STEPS = 40, 25
RESULTS = Path(__file__).parent / "results" / "live-steps.json"


def text() -> tuple[Any, Any]:
    """Characters, as `text-generation` reads them."""
    model = LanguageModel(Embedding(65, 64), Stack([lstm(64, 384)]), Categorical(384, 65))
    return model, torch.tensor([3])


def tags() -> tuple[Any, Any]:
    """Words, as `tagging` reads them."""
    model = Tagger(SubwordEmbedding(8000, 20_000, 100), Stack([lstm(100, 200)]), LinearChainCRF(200, 20))
    return model, torch.randint(1, 8000, (1, 14))


def series() -> tuple[Any, Any]:
    """Frames, as `series-classification` reads them."""
    encoder = LinearFrames(torch.zeros(24), torch.ones(24), 64)
    pools = [POOLINGS["max"](128), POOLINGS["mean"](128)]
    return Classifier(encoder, Stack([lstm(64, 128)]), pools, SoftmaxClassifier(256, 6)), torch.randn(1, 24)


def call() -> tuple[Any, Any]:
    """Turns of eight words, as `call-analysis` reads them."""
    reader = Bidirectional([(lstm(100, 128), lstm(100, 128))])
    vector = 2 * reader.output_size + 8
    core, pools = Stack([lstm(vector, 128)]), [POOLINGS["max"](256), POOLINGS["mean"](256)]
    heads = {"act": LinearChainCRF(128 + vector, 30)}
    words = SubwordEmbedding(8000, 20_000, 100)
    model = Conversation(words, reader, pools, nn.Embedding(6, 8), core, heads, None)
    said = SequenceBatch.full(torch.randint(1, 8000, (1, 8, 14)))
    return model, Turns(said, torch.tensor([1]), torch.tensor([1]))


def block(step: Callable[[], object]) -> float:
    """Microseconds a step."""
    began = time.perf_counter()
    for _ in range(STEPS):
        step()
    return (time.perf_counter() - began) / STEPS * 1e6


def measured(build: Callable[[], tuple[Any, Any]]) -> dict[str, float]:
    """Both kinds of step of one model, turn and turn about."""
    torch.manual_seed(0)
    model, x = build()
    model.eval()
    live, state = model.freeze().streams(1), model.init_state(1)

    def own() -> None:
        nonlocal state
        with torch.inference_mode():
            _, state = model.step(x, state)

    own_times, frozen_times = [], []
    for number in range(BLOCKS):
        pair = block(own), block(lambda: live.step(x))
        if number >= BLOCKS // 4:
            own_times.append(pair[0])
            frozen_times.append(pair[1])
    own_time, frozen_time = statistics.median(own_times), statistics.median(frozen_times)
    return {
        "step_us": round(own_time, 1), "frozen_us": round(frozen_time, 1), "ratio": round(own_time / frozen_time, 2)
    }  # fmt: skip


def main() -> None:
    """All four."""
    torch.set_num_threads(1)
    result = {build.__name__: measured(build) for build in (text, tags, series, call)}
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
