"""Handwriting synthesis: pen strokes and their texts in, a network out that writes any text in such a hand (Graves
2013, sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.batches.batching import bucketed
from rnnkit.data.batches.joining import JoiningBatches, following
from rnnkit.data.examples.examples import Ragged
from rnnkit.data.ink.lining import joined_on_line
from rnnkit.data.ink.moves import moves_of
from rnnkit.data.ink.pen import PenColumn
from rnnkit.data.ink.written import PenBatch, WrittenInks
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.values import text_of
from rnnkit.data.tokenizers import UNKNOWN
from rnnkit.models import EncoderDecoder
from rnnkit.models.evaluating import evaluating
from rnnkit.runs.card import Card
from rnnkit.tasks import refining
from rnnkit.tasks.about import About
from rnnkit.tasks.handwriting.card import card_of
from rnnkit.tasks.handwriting.hand import Hand, usual_words
from rnnkit.tasks.handwriting.kinds import items_of, kind_in, kind_of
from rnnkit.tasks.handwriting.options import SKETCH, TEXT, PenData, PenModel, build_writer
from rnnkit.tasks.handwriting.scoring import TITLES, scores
from rnnkit.tasks.handwriting.scribe import Scribe
from rnnkit.tasks.options import chosen_dropouts, chosen_training
from rnnkit.tasks.perceived_task import PerceivedTask
from rnnkit.tasks.records import Fitted, Outputs, Prepared
from rnnkit.training import Training, TrainingSpec

if TYPE_CHECKING:
    from lightning_fabric import Fabric

JOINED = 0.5
"""of training batches: the share whose texts are joined, where they are single words and nothing else is said"""
AVERAGED = 0.3
"""of a run, at its end: the share whose weights are averaged, where --average says nothing else"""
FEW = 500_000
"""points: of sketches that have fewer much is dropped, since they are known by heart otherwise: 2,176 of 80,000 points
after a quarter of 10 minutes"""


class HandwritingSynthesis(PerceivedTask):
    """Trains on a table with a column `ink`, strokes or the name of a file of them, and perhaps their `text`:
    `HandwritingSynthesis().fit("words.jsonl", out="runs/hand")`.

    Takes any option of `PenData`, `PenModel` and `Training` by name, as the command line does.
    """

    name = "handwriting-synthesis"
    about = About(
        "a text, or nothing",
        "handwriting, or a sketch, as strokes of a pen",
        "nats per point, character error rate of what a recogniser reads",
        "one-to-many",
        "tables with columns ink and, if it is writing, text",
        "rnnkit train handwriting-synthesis words.jsonl --column ink=strokes --group writer --out runs/hand",
    )
    sections = {"data": PenData, "model": PenModel, "training": Training}  # noqa: RUF012
    refined = (
        "kind", "tolerance", "components", "cell", "hidden", "layers", "window", "reader", "embedding",
    )  # fmt: skip
    refining_rate = 0.001  # a quarter of a new model's
    batch_time_steps = 1 << 13
    limits = (64, 1 << 14)
    noun = "ink"
    units = {"inks": "inks", "points": "points after their first", "texts_read": "texts read"}  # noqa: RUF012
    counted = "points"
    does = "writes by hand"
    input_column = "ink"
    predictor = Scribe

    def targets(self) -> dict[str, Any]:
        """None: what is predicted is the input itself."""
        return {}

    def baselines(self, fitted: Fitted) -> dict[str, Any]:
        """None that learns from labels: see `baseline_scores`."""
        return {}

    @property
    def columns(self) -> list[str]:
        return [self.input_column] if self.data.kind == SKETCH else [self.input_column, "text"]

    def column(self, like: Fitted | Sequence[Any] | None) -> PenColumn:
        made: PenColumn = like.input.pen if isinstance(like, Fitted) else PenColumn(self.data.tolerance)
        return made

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[Any]:
        """The inks of tables, with their texts where tables have any, or `like` others have."""
        if self.data.kind is not None:
            return super().records(sources, like)
        kind = kind_in(sources, self.table.renamed) if like is None else kind_of(like)
        return self.choosing(data=replace(self.data, kind=kind)).records(sources, like)

    def facts(self, row: Row) -> dict[str, Any]:
        return {TEXT: text_of(row, "text") if self.data.kind == TEXT else ""}

    def fit_columns(self, records: list[Any]) -> tuple[Fitted, Self]:
        texts = [record.facts[TEXT] for record in records]
        kind, data = kind_of(records), self.data
        usual = JOINED if kind == TEXT and usual_words(texts) == 1 else 0.0
        joined = usual if data.joined is None or kind == SKETCH else data.joined
        hand = Hand.learn(data.tolerance, data.ink_variation, items_of(records), texts, joined=joined > 0)
        return Fitted(hand, {}), self.choosing(data=replace(data, kind=kind, joined=joined))

    def start_from(self, source: Path, records: list[Any]) -> refining.Start:
        """The columns of another run, but for how large its ink is."""
        found = refining.start_from(self, source, records)
        return replace(found, fitted=Fitted(found.fitted.input.measured(items_of(records)), {}))

    def input_from_json(self, saved: dict[str, Any]) -> Hand:
        return Hand.from_json(saved)

    def try_out(self, fitted: Fitted) -> None:
        fitted.input.encode("a")
        fitted.input.pen.frames(np.ones((2, 3), np.float32))

    def encode(self, records: list[Any], fitted: Fitted) -> WrittenInks:
        texts = [record.facts[TEXT] for record in records]
        tokens = [fitted.input.encode(text) for text in texts]
        unseen = sum(int((own == UNKNOWN).sum()) for own in tokens)
        return WrittenInks(self.encode_inputs(records, fitted), Ragged.of(tokens), texts, {TEXT: unseen})

    def input_of(self, fitted: Fitted) -> PenColumn:
        made: PenColumn = fitted.input.pen
        return made

    def load_examples(self, path: Path, fitted: Any) -> WrittenInks:
        return WrittenInks.load(path, fitted.input.pen)

    def statistics(self, records: list[Any], fitted: Fitted) -> dict[str, int]:
        characters = sum(len(record.facts[TEXT]) for record in records)
        points = sum(len(item) for item in items_of(records))
        return {"inks": len(records), "points": points, **({"characters": characters} if characters else {})}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        few = self.data.kind == SKETCH and statistics["points"] < FEW
        dropout, weight_drop = (0.3, 0.5) if few else (0.1, 0.0)
        model = replace(self.model, dropouts=chosen_dropouts(self.model.dropouts, dropout, 0.0, weight_drop))
        training = chosen_training(self.training, 0.004, min(32, statistics["inks"] // 8), AVERAGED)
        return self.choosing(model=model, training=training)

    def network(self, fitted: Fitted, examples: Any = None) -> EncoderDecoder:
        hand: Hand = fitted.input
        model = build_writer(self.model, self.data.kind or TEXT, hand.text.count, hand.pace)
        if examples is not None:
            model.head.start_from(hand.pen.ends, hand.pen.lasts)
        return model

    def batches(self, prepared: Prepared) -> VariedBatches[PenBatch]:
        """Batches of varied ink, made in threads; some of texts one after the other."""
        if not self.data.joined:
            return super().batches(prepared)
        hand, examples, upwards = prepared.fitted.input, prepared.train, self.data.upwards
        join = partial(joined_on_line, height=hand.pen.height, upwards=upwards)
        grouped = partial(following, end=len(examples))
        made = JoiningBatches(examples, self.data.joined, join, hand.encode, grouped)
        return VariedBatches(self.plan(prepared), made)

    def epoch_size(self, prepared: Prepared) -> int:
        return int(prepared.train.lengths.sum())

    def spec(self, prepared: Prepared, model: Any, fabric: Fabric) -> TrainingSpec:
        return replace(super().spec(prepared, model, fabric), select_by="loss")

    # How it is judged.

    def run(self, model: Any, examples: WrittenInks, *, confident: bool = False) -> Outputs:
        """The nats of each ink, added over its points, and how many these are."""
        nats = np.zeros(len(examples))
        with evaluating(model) as device:
            for chosen in bucketed(examples.lengths, np.arange(len(examples)), *self.limits):
                batch = examples.batch(chosen)
                pair, moves, _ = batch.unpack(tuple(tensor.to(device) for tensor in batch.tensors))
                nats[chosen] = model.losses(pair, moves)[0].double().cpu().numpy()
        return {"nats": nats, "points": examples.lengths}

    def errors(self, outputs: Outputs, examples: Any, fitted: Fitted) -> dict[str, float]:
        return {}

    def loss(self, model: Any, outputs: Outputs, examples: Any, fitted: Fitted) -> float:
        return float(outputs["nats"].sum() / max(int(outputs["points"].sum()), 1))

    def scores(self, found: Outputs, examples: Any, fitted: Fitted) -> dict[str, Any]:
        return {**scores(found["nats"], found["points"]), **found.get("legibility", {})}

    def baseline_scores(self, folder: Path, counts: Any, records: list[Any], examples: Any, fitted: Fitted) -> Any:
        """Of a mixture that knows nothing of the moves before, and of a single normal distribution."""
        hand: Hand = fitted.input
        moves = [moves_of(item, hand.pen.unit) for item in items_of(records)]
        counted = [len(own) for own in moves]
        mixture, single = (
            scores([float(nats(own).sum()) for own in moves], counted)
            for nats in (hand.plain.nats, hand.plain.single_nats)
        )
        return {"name": "the same without context", **mixture, "others": {"one normal distribution": single}}

    def worst(self, found: Outputs, records: list[Any], examples: Any, fitted: Fitted) -> list[dict[str, Any]]:
        """None: no move is wrong."""
        return []

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        return {name: title for name, title in TITLES.items() if name in score}

    def described(self, fitted: Fitted) -> list[str]:
        hand: Hand = fitted.input
        said = f"{hand.text.count:,} kinds of characters, marks counted" if self.data.kind == TEXT else "no texts"
        return [
            f"texts: {said}",
            f"points: those that are {hand.pen.tolerance:g} heights or more from the lines between",
        ]

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        return card_of(self, fitted, result)
