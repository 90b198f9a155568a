"""Music composition: piano rolls or MIDI in, a recurrent network of chords out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch.nn.functional import pad

from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.batches.batching import Batch, Batches
from rnnkit.data.music.column import RollColumn
from rnnkit.data.music.files import COLUMN, as_table
from rnnkit.data.music.rolls import roll_of
from rnnkit.models import LanguageModel
from rnnkit.runs.card import Card
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.about import About
from rnnkit.tasks.card import began_as, held_out
from rnnkit.tasks.music.composer import Composer
from rnnkit.tasks.music.options import MusicData, MusicModel, build_composer
from rnnkit.tasks.music.scoring import TITLES, rates_scores, repeating_scores, scores, tally
from rnnkit.tasks.options import chosen_dropouts, chosen_training
from rnnkit.tasks.perceived_task import ITEM, PerceivedTask
from rnnkit.tasks.records import Fitted, Outputs, Prepared
from rnnkit.training import Training, TrainingSpec

if TYPE_CHECKING:
    from lightning_fabric import Fabric

MANY = 50_000
"""frames: from so many on less is dropped, and pieces stay in their own keys. Fewer, as 229 chorales have, are known by
heart after a third of 15 minutes where recurrent weights are not dropped, and 694 folk tunes after two thirds"""
MOVED = 5
"""semitones that pieces of less music are moved by at most"""
AVERAGED = 0.3
"""of a run, at its end: the share whose weights are averaged, where --average says nothing else"""
LIMITS = """\
The model imitates the music that it was trained on, and can reproduce parts of it note for note. It knows frames of one
length: neither how loud a note is, nor whether one that goes on is struck again."""


class MusicComposition(PerceivedTask):
    """Trains a network of chords on MIDI files, JSON lists of pieces, or tables with a column `music`:
    `MusicComposition().fit("chorales.json", out="runs/x")`.

    Takes any option of `MusicData`, `MusicModel` and `Training` by name, as the command line does.
    """

    name = "music-composition"
    about = About(
        "the beginning of a piece of music, or nothing",
        "music, as MIDI, piano rolls, sound",
        "nats per frame, accuracy of frames",
        "many-to-many, shifted by one",
        "MIDI files, JSON lists of pieces, or tables with a column music that holds or names such",
        "rnnkit train music-composition chorales.json --out runs/chorales",
    )
    sections = {"data": MusicData, "model": MusicModel, "training": Training}  # noqa: RUF012
    refined = ("grid", "keys", "key_units", "cell", "hidden", "layers", "embedding")
    refining_rate = 0.0015  # a quarter of a new model's
    batch_time_steps = 1 << 13
    limits = (64, 1 << 13)
    noun = "piece"
    units = {"pieces": "pieces", "frames": "frames after their first"}  # noqa: RUF012
    counted = "pieces"
    does = "composes music"
    input_column = COLUMN
    predictor = Composer

    def targets(self) -> dict[str, Any]:
        """None: what is predicted is the input itself."""
        return {}

    def baselines(self, fitted: Fitted) -> dict[str, Any]:
        """None that learns from labels: see `baseline_scores`."""
        return {}

    def column(self, like: Fitted | Sequence[Any] | None) -> RollColumn:
        made: RollColumn = like.input if isinstance(like, Fitted) else RollColumn(self.data.grid)
        return made

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[Any]:
        """The pieces of music files and of tables."""
        return super().records([as_table(source) for source in sources], like)

    def fit_columns(self, records: list[Any]) -> tuple[Fitted, Self]:
        rolls = [record.facts[ITEM] for record in records]
        options: MusicData = self.data
        transpose = options.transpose
        if transpose is None:
            transpose = MOVED if sum(map(len, rolls)) < MANY else 0
        column = RollColumn.learn(options.grid, transpose, rolls)
        return Fitted(column, {}), self.choosing(data=replace(options, transpose=transpose))

    def input_from_json(self, saved: dict[str, Any]) -> RollColumn:
        made = RollColumn.from_json(saved)
        if made.grid != self.data.grid:
            raise ValueError(f"frames of --grid {made.grid}")
        return made

    def try_out(self, fitted: Fitted) -> None:
        fitted.input.frames(roll_of([[60]]))

    def choose(self, statistics: Mapping[str, int]) -> Self:
        share, weight_drop = (0.5, 0.5) if statistics["frames"] < MANY else (0.3, 0.2)
        model = replace(self.model, dropouts=chosen_dropouts(self.model.dropouts, share, 0.1, weight_drop))
        training = chosen_training(self.training, 0.006, min(16, statistics["pieces"]), AVERAGED)
        return self.choosing(model=model, training=training)

    def network(self, fitted: Fitted, examples: Any = None) -> LanguageModel:
        model = build_composer(self.model)
        if examples is not None:
            model.head.start_from(torch.tensor(fitted.input.rates))
        return model

    def batches(self, prepared: Prepared) -> VariedBatches[Any]:
        """Batches of transposed pieces, made in threads."""
        options, examples = self.training, prepared.train
        assert options.batch is not None
        plan: Batches[Any] = Batches(
            examples.lengths, options.batch, self.batch_time_steps, options.seed, lambda chosen: chosen
        )
        return VariedBatches(plan, lambda chosen, chance: next_chords(examples.inputs.varied(chosen, chance)))

    def spec(self, prepared: Prepared, model: Any, fabric: Fabric) -> TrainingSpec:
        return replace(super().spec(prepared, model, fabric), select_by="loss")

    # How it is judged.

    def outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        """A `Tally` of each piece."""
        features, _ = model(before(inputs))
        mask = inputs.mask
        nats = torch.zeros(mask.shape, dtype=torch.float64)
        nats[mask] = model.head.nll(features.data[mask], inputs.data[mask]).double().cpu()
        expected, rolls = model.head.predict(features).cpu().numpy(), inputs.data.cpu().numpy()
        rows = zip(nats.numpy(), expected, rolls, inputs.lengths.tolist(), strict=True)
        return {"music": [np.array(tally(a[:n], b[:n], c[:n]), dtype=np.float64) for a, b, c, n in rows]}

    def errors(self, outputs: Outputs, examples: Any, fitted: Fitted) -> dict[str, float]:
        return {"accuracy": scores(outputs["music"])["accuracy"]}

    def loss(self, model: Any, outputs: Outputs, examples: Any, fitted: Fitted) -> float:
        return float(scores(outputs["music"])["nats_per_frame"])

    def scores(self, found: Outputs, examples: Any, fitted: Fitted) -> dict[str, Any]:
        return scores(found["music"])

    def baseline_scores(self, folder: Path, counts: Any, records: list[Any], examples: Any, fitted: Fitted) -> Any:
        """Of each key's rate, and of the last frame repeated."""
        rolls = [record.facts[ITEM] for record in records]
        repeated = {"last frame repeated": repeating_scores(fitted.input, rolls)}
        return {"name": "each key's rate", **rates_scores(fitted.input, rolls), "others": repeated}

    def worst(self, found: Outputs, records: list[Any], examples: Any, fitted: Fitted) -> list[dict[str, Any]]:
        """None: no frame is wrong."""
        return []

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        return TITLES

    def described(self, fitted: Fitted) -> list[str]:
        moved = f"moved by up to {fitted.input.transpose} semitones" if fitted.input.transpose else "in their own keys"
        return [f"frames: {fitted.input.grid} to a quarter note", f"training pieces: {moved}"]

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        model, learned = self.model, result["learned"]
        how = "independent of each other" if model.keys == "independent" else "each given the lower ones"
        counts = ", ".join(f"{count:,} {what}" for what, count in learned.items())
        return Card(
            "A model of music",
            f"A recurrent network, {model.layers} × {model.hidden} {model.cell}, that composes music: the chord of "
            f"each frame given those before, its keys {how}",
            "pieces",
            f"Counted over {self.counted_in(result['validation'])}.",
            [
                f"training: {', '.join(result['files']['train'] or [])}: {counts}",
                f"validation: {', '.join(result['files']['valid'] or []) or held_out(self)}",
                *self.described(fitted),
                *began_as(result),
            ],
            LIMITS,
            "the weights with the lowest loss on the validation pieces",
        )


def before(rolls: SequenceBatch) -> SequenceBatch:
    """What comes before each frame of `(B, T, K)`: silence, then the frames but the last."""
    return rolls.with_data(pad(rolls.data, (0, 0, 1, 0))[:, :-1])


def next_chords(rolls: SequenceBatch) -> Batch:
    """Rolls as what comes before and what is to be expected; losses are divided by the mean number of frames, so that
    every frame of a batch counts the same."""
    scale = rolls.lengths.double().mean().float().expand(len(rolls.lengths)).clone()
    return Batch(before(rolls), {"next": rolls.data}, scale)
