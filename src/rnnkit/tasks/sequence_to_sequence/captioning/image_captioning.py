"""Image captioning: a picture in, a sentence about it out (Vinyals et al. 2015; Xu et al. 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.columns.pictures import PictureColumn
from rnnkit.data.examples.examples import Ragged
from rnnkit.data.examples.pairs import Sources
from rnnkit.models import EncoderDecoder
from rnnkit.tasks.about import About
from rnnkit.tasks.perceived_task import ITEM
from rnnkit.tasks.records import Fitted, TextRecord
from rnnkit.tasks.sequence_to_sequence.captioning.caption_options import CaptionData, build_captioner, choose_sizes
from rnnkit.tasks.sequence_to_sequence.captioning.captioner import Captioner
from rnnkit.tasks.sequence_to_sequence.captioning.captioning import CaptioningTask, Read
from rnnkit.tasks.sequence_to_sequence.options import WriterModel
from rnnkit.training import Training


class ImageCaptioning(CaptioningTask):
    """Trains on a table with columns `image`, a path, and `caption`; rows of one image are its captions:
    `ImageCaptioning().fit("captions.tsv", out="runs/x")`.

    Takes any option of `CaptionData`, `WriterModel` and `Training` by name, as the command line does.
    """

    name = "image-captioning"
    about = About(
        "a picture",
        "a sentence about it",
        "BLEU-1 to 4, CIDEr-D, chrF",
        "one-to-many",
        "tables with columns image and caption, and the pictures",
        "rnnkit train image-captioning captions.tsv --files photos.zip --encoder efficientnet-lite0 --out runs/photos",
    )
    sections = {"data": CaptionData, "model": WriterModel, "training": Training}  # noqa: RUF012
    refined = (
        "encoder", "size", "level", "vocabulary", "cell", "hidden", "layers", "embedding", "attention", "decoder",
        "tied",
    )  # fmt: skip
    noun = "picture"
    units = {"examples": "pictures", "tokens": "tokens"}  # noqa: RUF012
    does = "describes a picture"
    input_column = "image"
    predictor = Captioner

    def reads(self, like: Fitted | Sequence[Any] | None) -> Read:
        return PictureColumn(self.data.encoder, self.data.pixels).read

    def means(self, records: Sequence[TextRecord], fitted: Fitted) -> NDArray[np.float32]:
        return np.stack([seen.astype(np.float32).mean(axis=0) for seen in self.seen(records, fitted)])

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        pictures = [record.facts[ITEM] for record in records]
        column = PictureColumn.learn(self.data.encoder, self.data.pixels, pictures, self.training.seed)
        return Fitted(column, self.fit_captions(records)), self

    def keep(self, fitted: Fitted, folder: Path) -> None:
        fitted.input.save(folder)

    def read_fitted(self, folder: Path) -> Fitted:
        fitted: Fitted = super().read_fitted(folder)
        fitted.input.load(folder)
        return fitted

    def input_from_json(self, saved: dict[str, Any]) -> PictureColumn:
        return PictureColumn.from_json(saved)

    def seen(self, records: Sequence[TextRecord], fitted: Fitted) -> list[Any]:
        """What is seen in each record's picture, found once."""
        column: PictureColumn = fitted.input
        new = [record for record in records if "seen" not in record.facts]
        for record, seen in zip(new, column.seen([r.facts[ITEM] for r in new]) if new else (), strict=True):
            record.facts = {"seen": seen}
        return [record.facts["seen"] for record in records]

    def encode_sources(self, records: list[TextRecord], fitted: Fitted) -> Sources:
        return Sources(Ragged.of(self.seen(records, fitted)))

    def chosen(self, captions: int) -> dict[str, Any]:
        model, training = choose_sizes(self.model, self.training, captions)
        return {"model": model, "training": training}

    def network(self, fitted: Fitted, examples: Any = None) -> EncoderDecoder:
        return build_captioner(self.model, fitted.input.features, self.target(fitted).tokens.count)

    def described(self, fitted: Fitted) -> list[str]:
        column: PictureColumn = fitted.input
        return [
            f"pictures: {column.size} × {column.size} pixels, seen by {column.encoder}",
            f"a vocabulary of {self.target(fitted).tokens.count:,} {self.data.level} tokens",
        ]
