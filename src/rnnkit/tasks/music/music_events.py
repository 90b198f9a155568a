"""Music as events: MIDI or lists of notes in, a language model of events out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rnnkit.data.examples.split import by_order
from rnnkit.data.music.events import PITCH, raised, vocabulary, words_of
from rnnkit.data.music.scores import read_scores
from rnnkit.data.tables.table import named
from rnnkit.data.texts.corpus import Corpus
from rnnkit.data.texts.text import Block
from rnnkit.data.tokenizers import MARKS, Tokenizer, WordTokenizer
from rnnkit.inspection.likelihood import evaluate_corpus
from rnnkit.metrics import NgramModel
from rnnkit.models import LanguageModel
from rnnkit.runs.card import Card
from rnnkit.tasks.about import About
from rnnkit.tasks.language_modelling.text_generation import TITLES, Text, TextGeneration
from rnnkit.tasks.music.event_composer import EventComposer
from rnnkit.tasks.music.event_options import EventData, EventModel
from rnnkit.training import Training


@dataclass(frozen=True)
class Pieces(Text):
    """Pieces as lines of events."""

    lines: Mapping[str, list[str]]
    transpose: int

    @property
    def parts(self) -> list[str]:
        return list(self.lines)

    def blocks(self, part: str) -> Iterable[Block]:
        """A block a piece; of training, all its transpositions."""
        for line in self.lines[part]:
            steps = range(-self.transpose, self.transpose + 1) if part == "train" else [0]
            found = [moved for step in steps if (moved := raised(line, step)) is not None]
            yield Block("".join(f"{moved}\n" for moved in found), opens_file=True)


class MusicEvents(TextGeneration):
    """Trains a language model of musical events on MIDI files, or tables with a column `notes`:
    `MusicEvents().fit("pieces.jsonl", out="runs/x")`.

    Takes any option of `EventData`, `EventModel` and `Training` by name, as the command line does.
    """

    name = "music-events"
    about = About(
        "the beginning of a piece of music, or nothing",
        "music with rhythm, loudness and instruments, as MIDI, piano rolls, sound",
        "nats per note",
        "many-to-many, shifted by one",
        "MIDI files, or tables with a column notes that holds or names such",
        "rnnkit train music-events pieces.jsonl --out runs/pieces",
    )
    sections = {"data": EventData, "model": EventModel, "training": Training}  # noqa: RUF012
    refined = ("velocity", "cell", "hidden", "layers", "embedding", "tied", "residual", "softmax")
    noun = "piece"
    units = {"notes": "notes", "tokens": "events"}  # noqa: RUF012
    counted = "events"
    predictor = EventComposer

    def read(self, train: list[Any], valid: list[Any]) -> Pieces:
        files = {"train": named(train), "valid": named(valid) if valid else None}
        learned = read_scores(train, self.data.bad_rows)
        learned, held = (
            (learned, read_scores(valid, self.data.bad_rows)) if valid else by_order(learned, self.data.held_out)
        )
        velocity = differ(learned) if self.data.velocity is None else self.data.velocity
        lines = {
            part: [words_of(score, velocity) for score in scores]
            for part, scores in (("train", learned), ("valid", held))
        }
        return Pieces(files, [], lines, self.data.transpose)

    def prepare(self, folder: Any, data: Any, source: Any) -> None:
        velocity = any("Velocity_" in line for line in data.lines["train"])
        super(MusicEvents, self.choosing(data=replace(self.data, velocity=velocity))).prepare(folder, data, source)

    def learn_tokenizer(self, data: Text) -> Tokenizer:
        """Every event, whether training has it or not."""
        return WordTokenizer([*MARKS, *vocabulary(self.data.velocity)], "spaces")

    def corpus_scores(self, model: LanguageModel, baseline: NgramModel, corpus: Corpus, tokenizer: Tokenizer) -> Any:
        """The scores of events, and their nats added up and divided by the notes."""
        found = evaluate_corpus(model, baseline, corpus)
        pitches = [number for number, piece in enumerate(tokenizer.pieces) if piece.startswith(PITCH)]
        notes = int(sum((corpus.tokens == number).sum() for number in pitches))
        for scores in (found, found["baseline"]):
            scores["nats_per_note"] = scores["loss"] * found["tokens"] / max(notes, 1)
            del scores["bits_per_character"]
        return {**found, "notes": notes}

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        return {
            "nats_per_note": "negative log-likelihood, nats per note",
            "loss": "… per event",
            "accuracy": TITLES["accuracy"].replace("token", "event"),
        }

    def _card(self, result: Mapping[str, Any], example: str, reach: str) -> Card:
        card = super()._card(result, example, reach)
        model = self.model
        how = (
            f"A recurrent network, {model.layers} × {model.hidden} {model.cell}, that predicts the next event of music"
        )
        return card._replace(title="A model of music as events", network=how, judged="pieces")


def differ(scores: list[Any]) -> bool:
    """Whether notes differ in how loud they are."""
    return len({note.velocity for score in scores for track in score.tracks for note in track.notes}) > 1
