"""Image captioning: a picture in, a sentence about it out (Vinyals et al. 2015; Xu et al. 2015)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

import numpy as np

from rnnkit.data.attachments import NUMBERED
from rnnkit.data.bad_rows import BadRows
from rnnkit.data.columns.pictures import PictureColumn, PictureReader, Pixels
from rnnkit.data.columns.written import WrittenColumn
from rnnkit.data.examples import Ragged
from rnnkit.data.pairs import Sources
from rnnkit.data.rows import Row
from rnnkit.data.table import each_example, read_rows, usable
from rnnkit.data.values import text_of
from rnnkit.metrics import NearestCaption, score_captions
from rnnkit.models import EncoderDecoder
from rnnkit.targets import Baseline
from rnnkit.targets.written import Quality, WrittenText
from rnnkit.tasks.about import About
from rnnkit.tasks.records import Fitted, TextRecord
from rnnkit.tasks.sequence_to_sequence.caption_options import CaptionData, build_captioner, choose_sizes
from rnnkit.tasks.sequence_to_sequence.captioner import Captioner
from rnnkit.tasks.sequence_to_sequence.options import WriterModel
from rnnkit.tasks.sequence_to_sequence.written_task import TARGET, WrittenTask
from rnnkit.training import Training

TITLES = {f"bleu_{n}": f"BLEU-{n}" for n in range(1, 5)} | {
    "cider_d": "CIDEr-D", "chrf": "chrF", "distinct_captions": "different captions"
}  # fmt: skip


class ImageCaptioning(WrittenTask):
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

    def targets(self) -> dict[str, Any]:
        return {TARGET: WrittenText("caption", Quality(score_captions, TITLES, "cider_d", 1.0))}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def pictures(records: Sequence[TextRecord], fitted: Fitted) -> Any:
            features = np.stack([seen.astype(np.float32).mean(axis=0) for seen in self.seen(records, fitted)])
            return features, [next(iter(record.labels[TARGET])) for record in records]

        def find(model: NearestCaption, pair: Any, target: Any) -> list[str]:
            return model.caption(pair[0])

        learn, title = (lambda pair, *_: NearestCaption.learn(*pair)), "the nearest picture's caption"
        found = Baseline("baseline.safetensors", pictures, learn, NearestCaption.load, find, lambda model: title)
        return {TARGET: found}

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[TextRecord]:
        """One a picture, with all its captions."""
        target, noted = self.targets()[TARGET], BadRows(self.table.bad_rows)
        begun, found = dict[str, Future[Pixels]](), dict[str, TextRecord]()

        def parse(row: Row) -> Future[Pixels]:
            target.parse(row)
            name = self.named(row)
            if name not in begun:
                begun[name] = reader.begin(name, row.place)
            return begun[name]

        with PictureReader(self.data.table.files, self.data.pixels) as reader:
            rows = read_rows(sources, (self.input_column, target.column), self.table.renamed)
            pairs: Iterator[tuple[Row, Pixels]] = each_example(rows, parse, noted)
            for row, picture in pairs:
                fresh = TextRecord(self.named(row), {TARGET: ()}, row.place, facts={"picture": picture})
                labels = found.setdefault(fresh.text, fresh).labels
                labels[TARGET] = (*labels[TARGET], *target.parse(row))
        return usable(list(found.values()), sources, noted)

    def named(self, row: Row) -> str:
        """The picture that a row is about. Raises `BadRow` where there is none."""
        return NUMBERED.sub("", text_of(row, self.input_column).strip())

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        captions = [text for record in records for text in record.labels[TARGET]]
        written = WrittenColumn.learn(captions, self.data.level, self.data.vocabulary)
        target = self.targets()[TARGET].fitted(written, max(len(written.encode(text)) for text in captions))
        pictures = [record.facts["picture"] for record in records]
        column = PictureColumn.learn(self.data.encoder, self.data.pixels, pictures, self.training.seed)
        return Fitted(column, {TARGET: target}), self

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
        for record, seen in zip(new, column.seen([r.facts["picture"] for r in new]) if new else (), strict=True):
            record.facts = {"seen": seen}
        return [record.facts["seen"] for record in records]

    def encode_sources(self, records: list[TextRecord], fitted: Fitted) -> Sources:
        return Sources(Ragged.of(self.seen(records, fitted)))

    def statistics(self, records: list[TextRecord], fitted: Fitted) -> dict[str, int]:
        return {"pictures": len(records), "captions": sum(len(record.labels[TARGET]) for record in records)}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        model, training = choose_sizes(self.model, self.training, statistics["captions"])
        return self.choosing(model=model, training=training)

    def network(self, fitted: Fitted, examples: Any = None) -> EncoderDecoder:
        return build_captioner(self.model, fitted.input.features, self.target(fitted).tokens.count)

    def described(self, fitted: Fitted) -> list[str]:
        column: PictureColumn = fitted.input
        return [
            f"pictures: {column.size} × {column.size} pixels, seen by {column.encoder}",
            f"a vocabulary of {self.target(fitted).tokens.count:,} {self.data.level} tokens",
        ]
