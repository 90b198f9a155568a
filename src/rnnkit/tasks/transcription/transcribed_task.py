"""What the tasks that transcribe have in common: their one target is a text, which nobody aligned with its source."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from rnnkit.data.batches.batching import bucketed
from rnnkit.data.columns.written import WrittenColumn
from rnnkit.data.examples import split
from rnnkit.data.examples.examples import Ragged
from rnnkit.data.examples.transcripts import Transcripts
from rnnkit.data.tokenizers import UNKNOWN
from rnnkit.inspection.pictures.transcripts import Located
from rnnkit.metrics.baselines.word_ngrams import WordNgrams
from rnnkit.metrics.texts.transcription import characters_for, commonest_mistakes, confusion_of, score_transcripts
from rnnkit.models.evaluating import evaluating
from rnnkit.runs.card import Card
from rnnkit.targets import Baseline
from rnnkit.targets.written import Quality, WrittenText
from rnnkit.tasks.card import began_as, held_out
from rnnkit.tasks.perceived_task import ITEM, PerceivedTask
from rnnkit.tasks.records import Fitted, Outputs, Prepared, TextRecord
from rnnkit.tasks.transcription.balancing import balanced
from rnnkit.tasks.transcription.fusing import FILE

TARGET = "text"
TITLES = {
    "word_error_rate": "word error rate, %", "character_error_rate": "character error rate, %",
    "whole_texts_right": "whole texts right, %",
}  # fmt: skip


class TranscribedTask(PerceivedTask):
    """A task that writes the text of a sound, a drawing, a picture of a line."""

    counted = "tokens"
    refining_rate = 0.0003
    batch_time_steps = 1 << 15

    def target(self, fitted: Fitted) -> WrittenText:
        """The one target, with its tokens."""
        found: WrittenText = fitted.targets[TARGET]
        return found

    def targets(self) -> dict[str, Any]:
        return {TARGET: WrittenText("text", Quality(score_transcripts, TITLES, "character_error_rate", 0.0, 100.0))}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        return {}

    def hold_out(self, records: list[Any]) -> tuple[list[Any], list[Any]]:
        return split.by_order(records, self.held_out) if self.group is None else super().hold_out(records)

    def learn_column(self, items: Sequence[Any]) -> Any:
        """The column of training items."""
        raise NotImplementedError

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        texts = [text for record in records for text in record.labels[TARGET]]
        spelling = self.data.spelling
        written = WrittenColumn.learn(texts, spelling.level, spelling.vocabulary)
        target = self.targets()[TARGET].fitted(written, max(len(written.encode(text)) for text in texts))
        return Fitted(self.learn_column([record.facts[ITEM] for record in records]), {TARGET: target}), self

    def try_out(self, fitted: Fitted) -> None:
        target = self.target(fitted)
        target.tokens.decode(target.tokens.encode("a").tolist())
        if target.longest < 1:
            raise ValueError("the longest text has no tokens")

    def encode(self, records: list[Any], fitted: Fitted) -> Transcripts:
        texts = [next(iter(record.labels[TARGET])) for record in records]
        written = self.target(fitted).tokens
        answers = [written.encode(text) for text in texts]
        unseen = sum(int((answer == UNKNOWN).sum()) for answer in answers)
        return Transcripts(self.encode_inputs(records, fitted), Ragged.of(answers), texts, {TARGET: unseen})

    def load_examples(self, path: Path, fitted: Any) -> Transcripts:
        return Transcripts.load(path, fitted.input)

    def prepare(self, folder: Path, data: Any, source: Path | None) -> None:
        super().prepare(folder, data, source)
        texts = [text for record in data.train for text in record.labels[TARGET]]
        WordNgrams.learn(texts).save(folder / FILE)

    def further(self, prepared: Prepared, model: Any) -> dict[str, Any]:
        """What the n-grams of the training texts count in a search."""
        written = self.target(prepared.fitted).tokens
        return {"language": balanced(model, prepared.valid, written, prepared.folder, self.limits)}

    def seconds_a_frame(self, fitted: Fitted) -> float:
        """How long a frame of a source is; of a source that has no duration, 1."""
        return 1.0

    def draw(self, item: Any, found: Sequence[Located], fitted: Fitted, path: Path) -> None:
        """Draws an item with the characters that were found in it."""
        raise NotImplementedError

    def epoch_size(self, prepared: Prepared) -> int:
        return len(prepared.train.answers.values)

    def begin(self, prepared: Prepared, *, fresh: bool) -> Any:
        model = super().begin(prepared, fresh=fresh)
        if fresh:
            self._say_too_long(prepared.train, model)
        return model

    def _say_too_long(self, examples: Transcripts, model: Any) -> None:
        """Says how many texts have no alignment with so few time steps, so that they teach nothing."""
        values, offsets = examples.answers
        pairs = itertools.pairwise(offsets.tolist())
        needed = np.array([model.head.least_time_steps(values[start:stop].tolist()) for start, stop in pairs])
        count = int((needed > examples.lengths // model.rate).sum())
        if count:
            print(
                f"rnnkit: {count:,} of {len(examples):,} texts are longer than their {self.nouns} have time steps, and "
                "teach nothing; --halvings says how many there are",
                file=sys.stderr,
            )

    def run(self, model: Any, examples: Transcripts, *, confident: bool = False) -> Outputs:
        """The likeliest tokens of each item, time step by time step, and the nats of each right text."""
        tokens: list[list[int]] = [[] for _ in examples.texts]
        nats = np.zeros(len(examples))
        with evaluating(model) as device:
            for chosen in bucketed(examples.lengths, np.arange(len(examples)), *self.limits):
                batch = examples.batch(chosen)
                inputs, targets, _ = batch.unpack(tuple(tensor.to(device) for tensor in batch.tensors))
                features, _ = model(inputs)
                nats[chosen] = model.head.loss(features, targets).double().cpu().numpy()
                for number, found in zip(chosen.tolist(), model.head.predict(features), strict=True):
                    tokens[number] = found
        return {TARGET: tokens, "nats": nats}

    def found(self, outputs: Outputs, fitted: Fitted, temperatures: Mapping[str, float]) -> Outputs:
        """Outputs with texts for tokens."""
        decode = self.target(fitted).tokens.decode
        return {**outputs, TARGET: [decode(tokens).strip() for tokens in outputs[TARGET]]}

    def wanted(self, examples: Transcripts, name: str) -> Any:
        return [[text] for text in examples.texts]

    def lengths(self, examples: Transcripts, name: str) -> Sequence[int]:
        return list(range(len(examples)))

    def errors(self, outputs: Outputs, examples: Transcripts, fitted: Fitted) -> dict[str, float]:
        return super().errors(self.found(outputs, fitted, {}), examples, fitted)

    def loss(self, model: Any, outputs: Outputs, examples: Transcripts, fitted: Fitted) -> float:
        return float(outputs["nats"].sum()) / max(len(examples.answers.values), 1)

    def scores(self, found: Outputs, examples: Transcripts, fitted: Fitted) -> dict[str, Any]:
        scores = super().scores(found, examples, fitted)
        if "nats" not in found:
            return scores
        count = len(examples.answers.values)
        loss = float(found["nats"].sum()) / max(count, 1)
        return {**scores, "tokens": count, "unseen_tokens": examples.unseen[TARGET], "loss": loss}

    def details(self, found: Outputs, examples: Transcripts, fitted: Fitted) -> dict[str, Any]:
        counts = characters_for(found[TARGET], examples.texts)
        return {"confused": commonest_mistakes(counts), "confusion": confusion_of(counts)}

    def worst(self, found: Outputs, records: list[Any], examples: Transcripts, fitted: Fitted) -> list[dict[str, Any]]:
        nats = found["nats"] / np.maximum(examples.answers.lengths, 1)
        target, shown = self.target(fitted), self.shown(records, found)
        made: list[dict[str, Any]] = target.worst(nats, found[TARGET], self.wanted(examples, TARGET), shown)
        return made

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        model, learned = self.model.network, result["learned"]
        counts = ", ".join(f"{count:,} {what}" for what, count in learned.items())
        return Card(
            f"A model for {self.name}",
            f"A recurrent transducer ({model.cell}, {model.layers} × {model.hidden}, direction {model.direction}, "
            f"{self.model.writer.head}) "
            f"that {self.does}",
            self.nouns,
            f"Counted over {self.counted_in(result['validation'])}. Texts are those of the likeliest token at each "
            "time step, without a language model.",
            [
                f"training: {', '.join(result['files']['train'] or [])}: {counts}",
                f"validation: {', '.join(result['files']['valid'] or []) or held_out(self)}",
                *self.described(fitted),
                *began_as(result),
            ],
            f"The model knows {self.nouns} like those that it was trained on.",
        )

    def described(self, fitted: Fitted) -> list[str]:
        return [f"texts: {self.target(fitted).tokens.count:,} {self.data.spelling.level} tokens"]
