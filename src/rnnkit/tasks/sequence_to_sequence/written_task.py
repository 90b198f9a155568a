"""What the tasks that write a text of a source have in common: how pairs are held out, encoded, run and scored."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np

from rnnkit.arrays import Numbers
from rnnkit.data.batches.batching import Batches
from rnnkit.data.columns.source import SourceColumn
from rnnkit.data.examples import split
from rnnkit.data.examples.examples import Ragged
from rnnkit.data.examples.pairs import Pairs, Sources
from rnnkit.data.tokenizers import UNKNOWN
from rnnkit.runs.card import Card
from rnnkit.search import Beam
from rnnkit.targets.written import WrittenText
from rnnkit.tasks.card import began_as, held_out
from rnnkit.tasks.records import Fitted, Outputs, Prepared, TextRecord
from rnnkit.tasks.sequence_to_sequence.writing import Search, nats_of, written_of
from rnnkit.tasks.task import Task

SCORED, GREEDY = Search(Beam(width=5)), Search(Beam(width=1))
"""how answers are found that are reported, and those that are scored while training"""
TARGET = "target"
JUDGED, JUDGED_TIME_STEPS = 2000, 1 << 16
"""sources at most, and time steps of them, that validations while training look at, from all over the data: answers to
long ones take long"""
Some = TypeVar("Some")


class WrittenTask(Task):
    """A task that writes texts. Its one target is a `WrittenText`."""

    refining_rate = 0.0005  # a quarter of a new model's
    noun = "pair"
    counted = "tokens"
    units: ClassVar[Mapping[str, str]] = {"examples": "sources", "tokens": "tokens"}
    reported: ClassVar[str] = "The answers that are scored were found by beam search with 5 hypotheses."

    def target(self, fitted: Fitted) -> WrittenText:
        """The one target, with its tokens."""
        found: WrittenText = fitted.targets[TARGET]
        return found

    def hold_out(self, records: list[Any]) -> tuple[list[Any], list[Any]]:
        return split.by_order(records, self.held_out)

    def try_out(self, fitted: Fitted) -> None:
        target = self.target(fitted)
        target.tokens.decode(target.tokens.encode("a").tolist())
        if target.longest < 1:
            raise ValueError("the longest answer has no tokens")

    def input_from_json(self, saved: dict[str, Any]) -> Any:
        return SourceColumn.from_json(saved)

    def encode(self, records: list[Any], fitted: Fitted) -> Pairs:
        target = self.target(fitted)
        written = target.tokens
        texts = [list(record.labels[TARGET]) for record in records]
        sources = self.encode_sources(records, fitted)
        own = sources.own or [()] * len(records)
        answers = [written.encode_beside(text, words) for some, words in zip(texts, own, strict=True) for text in some]
        owners = np.repeat(np.arange(len(texts)), [len(some) for some in texts])
        unseen = sum(int((answer == UNKNOWN).sum()) for answer in answers)
        known = written.count, target.longest, {TARGET: unseen}
        return Pairs(sources, Ragged.of(answers), owners, texts, *known)

    def encode_sources(self, records: list[Any], fitted: Fitted) -> Sources:
        """The sources of records as arrays: of texts, their tokens."""
        made: Sources = fitted.input.sources([record.text for record in records])
        return made

    def load_examples(self, path: Path, fitted: Any) -> Pairs:
        return Pairs.load(path)

    def batches(self, prepared: Prepared) -> Any:
        return self.plan(prepared.train, prepared.train.batch)

    def plan(self, pairs: Pairs, make: Callable[[Numbers], Some]) -> Batches[Some]:
        """What `make` gives for the numbers of some answers, batch by batch."""
        options = self.training
        assert options.batch is not None
        each = round(len(pairs) / pairs.count)
        if each <= 1:
            return Batches(pairs.lengths, options.batch, self.batch_time_steps, options.seed, make)
        # All answers of a source together, so that it is read once.
        lengths, rows = pairs.sources.inputs.lengths, max(options.batch // each, 1)
        return Batches(
            lengths, rows, self.batch_time_steps, options.seed, lambda chosen: make(pairs.answers_of(chosen))
        )

    def epoch_size(self, prepared: Prepared) -> int:
        pairs: Pairs = prepared.train
        return int(pairs.answers.lengths.sum()) + len(pairs)

    def validation_examples(self, prepared: Prepared) -> Pairs:
        pairs: Pairs = prepared.valid
        time_steps = int(pairs.sources.inputs.lengths.sum())
        every = max(-(-pairs.count // JUDGED), -(-time_steps // JUDGED_TIME_STEPS))
        return pairs if every <= 1 else pairs.take(np.arange(0, pairs.count, every))

    def run(self, model: Any, examples: Pairs, *, confident: bool = False) -> Outputs:
        """The tokens that are written of each source (by beam search, if `confident`), and the nats of each right
        answer."""
        found = written_of([model], examples.sources, SCORED if confident else GREEDY, examples.longest)
        own = examples.sources.own or [()] * len(found)
        return {TARGET: [best[0].tokens for best in found], "own": own, "nats": nats_of(model, examples)}

    def found(self, outputs: Outputs, fitted: Fitted, temperatures: Mapping[str, float]) -> Outputs:
        """Outputs with texts for tokens."""
        decode = self.target(fitted).tokens.decode
        return {**outputs, TARGET: list(map(decode, outputs[TARGET], outputs["own"]))}

    def wanted(self, examples: Pairs, name: str) -> Any:
        return examples.references

    def lengths(self, examples: Pairs, name: str) -> Sequence[int]:
        return list(range(examples.count))

    def errors(self, outputs: Outputs, examples: Pairs, fitted: Fitted) -> dict[str, float]:
        return super().errors(self.found(outputs, fitted, {}), examples, fitted)

    def loss(self, model: Any, outputs: Outputs, examples: Pairs, fitted: Fitted) -> float:
        return float(outputs["nats"].sum()) / max(tokens_of(examples), 1)

    def scores(self, found: Outputs, examples: Pairs, fitted: Fitted) -> dict[str, Any]:
        scores = super().scores(found, examples, fitted)
        if "nats" not in found:
            return scores
        count = tokens_of(examples)
        loss = float(found["nats"].sum()) / max(count, 1)
        own = {"tokens": count, "unseen_tokens": examples.unseen[TARGET], "loss": loss}
        return {**scores, **own, "perplexity": math.exp(min(loss, 700.0))}

    def worst(self, found: Outputs, records: list[Any], examples: Pairs, fitted: Fitted) -> list[dict[str, Any]]:
        first = np.searchsorted(examples.owners, np.arange(examples.count))
        nats = (found["nats"] / (examples.answers.lengths + 1))[first]
        target, shown = self.target(fitted), self.shown(records, found)
        made: list[dict[str, Any]] = target.worst(nats, found[TARGET], examples.references, shown)
        return made

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        model, learned = self.model, result["learned"]
        looks = "without attention" if model.attention == "none" else f"with {model.attention} attention"
        counts = ", ".join(f"{count:,} {what}" for what, count in learned.items())
        return Card(
            f"A model for {self.name}",
            f"A recurrent encoder-decoder ({model.cell}, {model.layers} × {model.hidden}, {looks}) that {self.does}",
            self.nouns,
            f"Counted over {self.counted_in(result['validation'])}. {self.reported}",
            [
                f"training: {', '.join(result['files']['train'] or [])}: {counts}",
                f"validation: {', '.join(result['files']['valid'] or []) or held_out(self)}",
                *self.described(fitted),
                *began_as(result),
            ],
            f"The model knows {self.nouns} like those that it was trained on, and is fluent where it is wrong, too.",
        )


def pairs_of_texts(records: Sequence[TextRecord], fitted: Fitted) -> list[tuple[str, str]]:
    """Each record's text and its first answer: what plain models learn from."""
    return [(record.text, next(iter(record.labels[TARGET]))) for record in records]


def tokens_of(pairs: Pairs) -> int:
    """How many tokens the answers have, ends counted."""
    return int(pairs.answers.lengths.sum()) + len(pairs)
