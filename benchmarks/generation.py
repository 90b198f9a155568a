"""Characters generated a second, beside a plain loop around `torch.nn.LSTM`, alternating in one run.

    python benchmarks/generation.py

One layer of 256, 65 characters, batch 1, temperature 1; both draw from the whole distribution.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from rnnkit.cells import lstm
from rnnkit.cores import Stack, to_torch
from rnnkit.encoders import Embedding
from rnnkit.heads import Categorical, CategoricalSampler
from rnnkit.models import LanguageModel
from rnnkit.streaming import TextStream

CHARACTERS, HIDDEN, VOCABULARY, EMBEDDING = 2000, 256, 65, 64


def ours(model: LanguageModel) -> Callable[[], float]:
    """Seconds for so many characters, through `Stream`."""

    def timed() -> float:
        running = TextStream(model, torch.tensor([0])).run(CategoricalSampler(), [torch.Generator().manual_seed(1)])
        began = time.perf_counter()
        for _ in range(CHARACTERS):
            int(next(running))
        return time.perf_counter() - began

    return timed


def plain(model: LanguageModel) -> Callable[[], float]:
    """Seconds for so many characters, through what one writes with `torch.nn.LSTM`."""
    embedding = nn.Embedding.from_pretrained(model.encoder.weight.detach())
    recurrent = to_torch(model.core)
    output = nn.Linear(HIDDEN, VOCABULARY)
    output.load_state_dict({"weight": model.head.weight.detach(), "bias": model.head.bias.detach()})

    def timed() -> float:
        token, state = torch.zeros(1, 1, dtype=torch.int64), None
        began = time.perf_counter()
        with torch.no_grad():
            for _ in range(CHARACTERS):
                hidden, state = recurrent(embedding(token), state)
                token = torch.multinomial(output(hidden[:, -1]).softmax(dim=-1), 1)
                token.item()
        return time.perf_counter() - began

    return timed


def main() -> None:
    """Prints and keeps the medians of alternating repeats."""
    torch.manual_seed(0)
    encoder = Embedding(VOCABULARY, EMBEDDING)
    model = LanguageModel(encoder, Stack([lstm(EMBEDDING, HIDDEN)]), Categorical(HIDDEN, VOCABULARY)).eval()
    result: dict[str, dict[str, float]] = {}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        contenders = {"rnnkit": ours(model), "nn.LSTM loop": plain(model)}
        seconds: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(7):
            for name, run in contenders.items():
                seconds[name].append(run())
        speeds = {name: CHARACTERS / statistics.median(values) for name, values in seconds.items()}
        result[f"{threads} threads"] = {
            **{n: round(s) for n, s in speeds.items()},
            "ratio": round(speeds["rnnkit"] / speeds["nn.LSTM loop"], 2),
        }
    print(json.dumps(result, indent=2))
    (Path(__file__).parent / "results" / "generation.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
