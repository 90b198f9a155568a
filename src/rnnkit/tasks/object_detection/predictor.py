"""A trained network that finds boxes in pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image

from rnnkit.checkpoint import check_place
from rnnkit.configuration import build, option
from rnnkit.data.attachments import Attachments
from rnnkit.data.boxes.coco import picture_rows, write_coco
from rnnkit.data.boxes.column import Scene, scene_of
from rnnkit.data.boxes.scenes import Scenes
from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.files import standard_input_lines
from rnnkit.data.given import one_or_many, shown
from rnnkit.data.tables.rows import Damage, Row
from rnnkit.data.tables.table import STANDARD_INPUT
from rnnkit.encoders.pictures.scenes import Looked, place_by_place
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.inspection.pictures.boxes import draw_boxes
from rnnkit.inspection.pictures.curves import numbered
from rnnkit.inspection.pictures.explanations import draw_on_picture
from rnnkit.metrics.boxes import CONFIDENT
from rnnkit.tasks.object_detection.answers import BoxesAnswer, answer_of
from rnnkit.tasks.object_detection.explaining import AskedBox, asked_of
from rnnkit.tasks.options import TableData
from rnnkit.tasks.perceived_predictor import PerceivedPredictor, name_of

PICTURES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Finding:
    """Which boxes are shown, and how."""

    confidence: float = option(CONFIDENT, "the least confidence of boxes that are shown", low=0, high=1)
    draw: str | None = option(None, "draw the boxes on the picture into this file, .png or .jpg", value="FILE")
    why: str | None = option(
        None, "draw what of the picture each box comes from (integrated gradients), .png", value="FILE"
    )
    coco: str | None = option(None, "write all answers as a COCO file, .json", value="FILE")


class DetectionPredictor(PerceivedPredictor):
    """A trained network that finds boxes in pictures. Made by `ObjectDetection.fit` or `rnnkit.load`."""

    prediction: ClassVar[type] = Finding
    takes_files, answered = True, "boxes"
    what = "a picture"
    help = """\
Finds boxes in the picture that each FILE names, a path or a data: address: a row a box, as training takes them; - reads
names from standard input, one a line. With --file, the pictures that the rows of tables name, all columns and the
boxes, as JSON; or those of a COCO file."""
    example = "rnnkit predict runs/faces photo.jpg --draw boxes.png"

    def is_one(self, one: Any) -> bool:
        """Whether something may be a picture: the name of its file."""
        return isinstance(one, str)

    def is_input(self, one: Any) -> bool:
        """Whether something may be a picture from Python: a name, pixels `(H, W, 3)`, or what Pillow has opened."""
        pixels = isinstance(one, np.ndarray) and one.ndim == 3 and one.dtype == np.uint8
        return super().is_input(one) or pixels or isinstance(one, Image.Image)

    def item(self, one: Any, files: Attachments | None = None) -> Any:
        if not self.is_input(one):
            raise UserError(f"expected a picture, got {shown(one)}; name its file")
        if isinstance(one, str | Path):
            return super().item(one, files)
        picture = one if isinstance(one, Image.Image) else Image.fromarray(one)
        return scene_of(picture, self.fitted.input.size)

    @classmethod
    def check(cls, request: Finding, *, files: bool) -> None:
        """Raises `UserError` of files that cannot be written so."""
        for flag, name, endings in (
            ("--draw", request.draw, PICTURES), ("--why", request.why, (".png",)), ("--coco", request.coco, (".json",))
        ):  # fmt: skip
            if name is not None and Path(name).suffix.lower() not in endings:
                raise UserError(f"{flag} takes a file that ends in {' or '.join(endings)}, got {name!r}")
            if name is not None:
                check_place(Path(name), flag)
        if files and (request.draw or request.why):
            raise UserError("--draw and --why draw on the pictures of FILEs; leave --file out")

    def predict(self, inputs: Any, **options: Any) -> list[BoxesAnswer]:
        """An answer for each picture: a path, pixels `(H, W, 3)` from 0 to 255 (uint8), or what Pillow has opened; one
        may be given alone. Many at once take less time each. `options` are those of `Finding` by name."""
        request = build(Finding, options)
        self.check(request, files=False)
        listed = one_or_many(inputs, self.what, self.is_input)
        made = self.answers([name_of(one) for one in listed], [self.item(one) for one in listed], request)
        self.write(made, request)
        return made

    def respond(self, inputs: Iterable[str], request: Finding, table: Mapping[str, Any]) -> Iterator[BoxesAnswer]:
        """An answer for each file; - is their names, one a line, on standard input."""
        made, given = [], list(inputs)
        names = standard_input_lines() if given == [STANDARD_INPUT] else given
        for answer in super().respond(names, request, table):
            made.append(answer)
            yield answer
        self.write(made, request)

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, BoxesAnswer]]:
        made = dict[str, BoxesAnswer]()
        for row, answer in super().answers_of(sources, request, table, done):
            made[answer.image] = answer
            yield row, answer
        self.write(list(made.values()), request)

    def rows_in(self, sources: Sequence[Any], table: TableData) -> Iterator[Row | Damage]:
        return picture_rows(sources, table.renamed)

    def write(self, answers: Sequence[BoxesAnswer], request: Finding | None) -> None:
        """Writes answers as a COCO file where one is asked for."""
        if request is not None and request.coco:
            write_coco(Path(request.coco), [answer.to_json() for answer in answers], self.names)

    def answers(self, names: Sequence[str], items: Sequence[Any], request: Any, first: int = 0) -> list[BoxesAnswer]:
        """The boxes in pictures that were read."""
        if not items:
            return []
        request = request or Finding()
        found = self.task.run(self.model, self.scenes(items), confident=True)[self.answered]
        made = [
            answer_of(name, item.width, item.height, own, self.names, request.confidence)
            for name, item, own in zip(names, items, found, strict=True)
        ]
        for number, (answer, item) in enumerate(zip(made, items, strict=True), first):
            if request.draw:
                draw_boxes(item.pixels, item.width, answer.boxes, self.names, numbered(request.draw, number))
            if request.why:
                self.draw_why(item, numbered(request.why, number))
        return made

    def scenes(self, items: Sequence[Scene]) -> Scenes:
        """Pictures without boxes, as examples."""
        none, labels = [np.zeros((0, 4))] * len(items), [np.zeros(0, np.int64)] * len(items)
        return Scenes.of(items, none, labels, column=self.fitted.input)

    def looked(self, item: Scene) -> Looked:
        """What the encoder sees in a picture."""
        with torch.no_grad():
            made: Looked = self.model.encoder.look(self.scenes([item]).inputs.batch(np.array([0])))
        return made

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """What each place of a picture, 8 pixels of the canvas a side, adds to each of its surest boxes, or to those
        with a `label`."""
        item = self.item(one)
        looked, (answer,) = self.looked(item), self.answers([name_of(one)], [item], None)
        vectors = place_by_place(looked.fine).data[0]
        side = round(len(vectors) ** 0.5)
        parts = [f"{place // side + 1},{place % side + 1}" for place in range(len(vectors))]
        questions = [box.question(self.model) for box in asked_of(self.model, looked, self.names, label)]
        text = " ".join(parts)
        canvas = self.fitted.input.canvas(item)
        return Explainable(text, answer.to_json(), parts, places_of(parts, text), vectors, questions, canvas=canvas)

    def draw_why(self, item: Scene, path: Path) -> None:
        """Draws what of a picture its surest boxes come from."""
        looked, canvas = self.looked(item), self.fitted.input.canvas(item)
        asked: list[AskedBox] = asked_of(self.model, looked, self.names, None)
        vectors = place_by_place(looked.fine).data[0]
        shares = [box.shares(self.model, vectors) for box in asked]
        draw_on_picture(canvas, [box.title for box in asked], shares, [box.sides for box in asked], path)
