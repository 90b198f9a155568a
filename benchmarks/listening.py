"""Training of speech recognition beside the same network on `torch.nn` layers: seconds of sound a second.

    python benchmarks/listening.py      made-up recordings of 1 to 6 s; writes results/listening.json

Both have the same convolutions, sizes, batches and loss, and learn both ways; the plain one packs its sequences, as
PyTorch's users do. They take turns; how long ours waits for batches, which threads make, is counted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from translation import in_turns

from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.batches.batching import Batches
from rnnkit.encoders import ConvolvedPictures
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks import SpeechRecognition

RESULTS = Path(__file__).parent / "results" / "listening.json"
RATE, COUNT, STEPS = 8000, 320, 8


class Plain(nn.Module):
    """The same network as PyTorch's users write it."""

    def __init__(self, options: Any, bins: int, tokens: int) -> None:
        super().__init__()
        network = options.network
        self.encoder = ConvolvedPictures(bins, network.embedding, halvings=options.halvings, dropout=0.1)
        sizes = [network.embedding, *[2 * network.hidden] * (network.layers - 1)]
        self.layers = nn.ModuleList(
            nn.LSTM(size, network.hidden, bidirectional=True, batch_first=True) for size in sizes
        )
        self.dropout, self.out = nn.Dropout(0.3), nn.Linear(2 * network.hidden, tokens)

    def loss(self, frames: SequenceBatch, targets: SequenceBatch) -> Tensor:
        x = self.encoder(frames)
        data, lengths = x.data, x.lengths
        for layer in self.layers:
            packed = pack_padded_sequence(self.dropout(data), lengths, batch_first=True, enforce_sorted=False)
            made, _ = pad_packed_sequence(layer(packed)[0], batch_first=True)
            data = data + made
        log_probs = self.out(self.dropout(data)).log_softmax(dim=2).transpose(0, 1)
        nats: Tensor = nn.functional.ctc_loss(
            log_probs, targets.data, lengths, targets.lengths, reduction="sum", zero_infinity=True
        )
        return nats


def made_up() -> list[dict[str, Any]]:
    """Noise, and texts of twelve letters a second."""
    chance = np.random.default_rng(0)
    seconds = chance.uniform(1, 6, COUNT)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz "))
    return [
        {
            "audio": ((3000 * chance.standard_normal(round(length * RATE))).astype(np.int16), RATE),
            "text": "".join(chance.choice(letters, round(12 * length))).strip() or "a",
        }
        for length in seconds
    ]


class Training:
    """Some steps of training at a time, as often as it is called: the seconds of sound that they went over."""

    def __init__(self, model: nn.Module, loss: Callable[[SequenceBatch, SequenceBatch], Tensor], batches: Any) -> None:
        self.model, self.loss, self.batches = model, loss, batches
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
        self.cursor = batches.start()
        self.waited = self.took = 0.0

    def __call__(self) -> int:
        frames, began = 0, time.perf_counter()
        for _ in range(STEPS):
            asked = time.perf_counter()
            batch = self.batches.at(self.cursor)
            self.waited += time.perf_counter() - asked
            (self.loss(batch.inputs, batch.texts) / batch.size).backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.cursor, frames = self.batches.after(self.cursor), frames + int(batch.inputs.lengths.sum())
        self.took += time.perf_counter() - began
        return frames // 100


def main() -> None:
    """Trains both for some steps, in turns."""
    torch.manual_seed(0)
    task = SpeechRecognition(rate=RATE)
    records = task.records([made_up()])
    fitted, task = task.fit_columns(records)
    task = task.choose(task.statistics(records, fitted))
    examples = task.encode(records, fitted)
    ours = task.network(fitted).train()
    plain = Plain(task.model, fitted.input.width, fitted.targets["text"].tokens.count).train()

    def planned() -> VariedBatches[Any]:
        plan = Batches(examples.lengths, 16, task.batch_time_steps, 1, lambda chosen: chosen)
        return VariedBatches(plan, examples.varied)

    own = Training(ours, lambda inputs, texts: ours.losses(inputs, texts)[0].sum(), planned())
    result = {
        "threads": torch.get_num_threads(),
        "seconds of sound a second in training": in_turns(own, Training(plain, plain.loss, planned())),
        "share of the time that the network waits for batches": round(own.waited / own.took, 4),
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
