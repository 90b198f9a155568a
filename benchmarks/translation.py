"""Translation beside the same network on `torch.nn` layers: target tokens a second in training, sentences a second.

    python benchmarks/translation.py TABLE      columns source and target; writes results/translation-speed.json

Both have the same sizes, the same batches and the same attention; the plain one packs its sequences, as PyTorch's users
do, and searches with one `nn.GRU` step a token for all hypotheses at once. They take turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnkit.data.batches.batching import Batches
from rnnkit.data.tokenizers import END
from rnnkit.models.evaluating import evaluating
from rnnkit.search import Beam
from rnnkit.tasks import Translation
from rnnkit.tasks.sequence_to_sequence.writing import Search, written_of

RESULTS = Path(__file__).parent / "results" / "translation-speed.json"
BLOCKS, STEPS, SENTENCES = 7, 12, 256


class Plain(nn.Module):
    """The same network as PyTorch's users write it."""

    def __init__(self, tokens: int, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(tokens, width), nn.Embedding(tokens, width)
        self.encoder = nn.GRU(width, hidden, bidirectional=True, batch_first=True)
        self.decoder = nn.GRU(width, hidden, batch_first=True)
        self.bridge, self.keys = nn.Linear(2 * hidden, hidden), nn.Linear(2 * hidden, hidden, bias=False)
        self.joined = nn.Linear(hidden + 2 * hidden + width, width)
        self.out = nn.Linear(width, tokens)
        self.out.weight = self.target.weight
        self.dropout = nn.Dropout(dropout)

    def read(self, data: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        packed = pack_padded_sequence(self.dropout(self.source(data)), lengths, batch_first=True, enforce_sorted=False)
        memory, _ = pad_packed_sequence(self.encoder(packed)[0], batch_first=True)
        memory = self.dropout(memory)
        inside = torch.arange(memory.shape[1]) < lengths[:, None]
        first = torch.tanh(self.bridge(memory.sum(dim=1) / lengths[:, None]))[None]
        return memory, self.keys(memory), inside, first

    def write(self, x: Tensor, state: Tensor, memory: Tensor, keys: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
        embedded = self.dropout(self.target(x))
        made, state = self.decoder(embedded, state)
        scores = (made @ keys.transpose(1, 2)) * made.shape[2] ** -0.5
        weights = scores.masked_fill(~inside[:, None], -torch.inf).softmax(dim=2)
        joined = torch.tanh(self.joined(torch.cat([made, weights @ memory, embedded], dim=2)))
        return self.out(self.dropout(joined)), state

    def loss(self, batch: Any) -> Tensor:
        data, lengths, written, steps, targets = batch.tensors
        memory, keys, inside, first = self.read(data, lengths)
        scores, _ = self.write(written, first, memory, keys, inside)
        chosen = torch.arange(scores.shape[1]) < steps[:, None]
        return nn.functional.cross_entropy(scores[chosen], targets[chosen], label_smoothing=0.1, reduction="sum")

    @torch.inference_mode()
    def search(self, data: Tensor, lengths: Tensor, width: int, longest: int) -> Tensor:
        """Beam search as many programs have it: all sources go on until the last has ended."""
        memory, keys, inside, state = self.read(data, lengths)
        count = len(data)
        memory, keys, inside = (part.repeat_interleave(width, dim=0) for part in (memory, keys, inside))
        state = state.repeat_interleave(width, dim=1)
        totals = torch.full((count, width), -torch.inf)
        totals[:, 0] = 0.0
        tokens, done = torch.full((count * width, 1), END), torch.zeros(count, width, dtype=torch.bool)
        for time_step in range(longest):
            scores, state = self.write(tokens[:, -1:], state, memory, keys, inside)
            log_probs = scores[:, 0].log_softmax(dim=1).view(count, width, -1)
            if time_step:
                log_probs[done] = -torch.inf
                log_probs[..., END][done] = 0.0
            found = (totals[:, :, None] + log_probs).flatten(1).topk(width, dim=1)
            parents, chosen = found.indices // log_probs.shape[2], found.indices % log_probs.shape[2]
            rows = (torch.arange(count)[:, None] * width + parents).flatten()
            totals, state = found.values, state[:, rows]
            tokens = torch.cat([tokens[rows], chosen.flatten()[:, None]], dim=1)
            done = done.gather(1, parents) | (chosen == END)
            if bool(done.all()):
                break
        return tokens.view(count, width, -1)[:, 0]


def timed(run: Callable[[], int]) -> float:
    """How many of what `run` counts it does a second."""
    began = time.perf_counter()
    count = run()
    return count / (time.perf_counter() - began)


def in_turns(one: Callable[[], int], other: Callable[[], int]) -> dict[str, float]:
    """Medians of both, and their ratio."""
    one(), other()
    pairs = [(timed(one), timed(other)) for _ in range(BLOCKS)]
    ours, theirs = statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)
    ratio = statistics.median(a / b for a, b in pairs)
    return {"rnnkit": round(ours, 1), "torch.nn": round(theirs, 1), "ratio": round(ratio, 2)}


def training(model: nn.Module, loss: Callable[[Any], Tensor], batches: Batches[Any]) -> Callable[[], int]:
    """Some steps of training, which count target tokens."""
    optimizer, cursor = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True), batches.start()

    def run() -> int:
        nonlocal cursor
        count = 0
        for _ in range(STEPS):
            batch = batches.at(cursor)
            (loss(batch) / batch.size).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            cursor, count = batches.after(cursor), count + batch.size
        return count

    return run


def main() -> None:
    """Trains both for some steps, then searches with both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table")
    table = parser.parse_args().table
    torch.manual_seed(0)
    task = Translation()
    records = task.records([table])
    fitted, task = task.fit_columns(records)
    task = task.choose(task.statistics(records, fitted))
    pairs = task.encode(records, fitted)
    ours = task.network(fitted).train()
    options = task.model
    assert options.hidden is not None
    assert options.embedding is not None
    plain = Plain(fitted.input.count, options.embedding, options.hidden, 0.3).train()
    batches = [Batches(pairs.lengths, 64, task.batch_time_steps, 1, pairs.batch) for _ in range(2)]

    def own_loss(batch: Any) -> Tensor:
        inputs, targets, _ = batch.unpack(batch.tensors)
        losses, _ = ours.losses(inputs, targets)
        return losses.sum()

    result: dict[str, Any] = {
        "sizes": {"tokens": fitted.input.count, "embedding": options.embedding, "hidden": options.hidden},
        "threads": torch.get_num_threads(),
        "target tokens a second in training": in_turns(
            training(ours, own_loss, batches[0]), training(plain, plain.loss, batches[1])
        ),
    }
    plain.eval()
    some = pairs.sources.take(torch.arange(SENTENCES).numpy())
    groups = torch.arange(SENTENCES).split(64)
    for width, name in ((1, "greedy"), (5, "beam 5")):
        beam = Search(Beam(width=width, longest=40))

        def own_search(beam: Search = beam) -> int:
            with evaluating(ours):
                return len(written_of([ours], some, beam, 40))

        def plain_search(width: int = width) -> int:
            for group in groups:
                data, _ = some.batch(group.numpy())
                plain.search(data.data, data.lengths, width, 40)
            return SENTENCES

        result[f"sentences a second, {name}"] = in_turns(own_search, plain_search)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
