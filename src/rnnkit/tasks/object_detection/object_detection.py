"""Object detection: a picture in, boxes around things out, each with a label, by a recurrent decoder (ReInspect:
Stewart, Andriluka and Ng 2016)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import numpy as np

from rnnkit.data.attachments import Attachments
from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.batches.batching import Batches
from rnnkit.data.boxes.coco import COLUMNS, box_rows
from rnnkit.data.boxes.column import Scene, SceneColumn
from rnnkit.data.boxes.reading import NamedBox, array_of, box_of, check_pixels, inside
from rnnkit.data.boxes.scenes import Scenes
from rnnkit.data.examples import split
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import each_example, usable
from rnnkit.data.tables.values import text_of
from rnnkit.metrics.boxes import SIZES, FoundBoxes, TrueBoxes
from rnnkit.metrics.common_boxes import CommonBoxes
from rnnkit.models.detector import ObjectDetector
from rnnkit.sequence import SequenceBatch
from rnnkit.targets import Baseline, BoxLabels
from rnnkit.tasks.about import About
from rnnkit.tasks.judging import mean_loss
from rnnkit.tasks.object_detection.finding import found_in
from rnnkit.tasks.object_detection.options import (
    DetectionData,
    DetectorModel,
    build_detector,
    check_size,
    chosen_model,
)
from rnnkit.tasks.object_detection.predictor import DetectionPredictor
from rnnkit.tasks.options import chosen_training
from rnnkit.tasks.perceived_options import FilesTable
from rnnkit.tasks.records import Fitted, Outputs, Prepared, TextRecord
from rnnkit.tasks.task import Task
from rnnkit.training import Training

BOXES = "boxes"
SCENE = "scene"
"""among a record's facts: its picture"""


class ObjectDetection(Task):
    """Trains on COCO files, or tables with a row a box: `image`, a path, `x`, `y` (its left top corner), `width`,
    `height`, in pixels, and `label`: `ObjectDetection().fit("faces.coco.json", out="runs/x")`.

    Takes any option of `DetectionData`, `DetectorModel` and `Training` by name, as the command line does.
    """

    name = "object-detection"
    about = About(
        "a picture",
        "boxes around things, each with a label",
        "average precision, by label and size; recall, count error",
        "one-to-many",
        "COCO files, or tables with columns image, x, y, width, height, label; and the pictures",
        "rnnkit train object-detection faces.coco.json --files photos.zip --out runs/faces",
    )
    sections = {"data": DetectionData, "model": DetectorModel, "training": Training}  # noqa: RUF012
    refined = ("size", "cell", "hidden", "layers", "embedding", "channels", "most", "decoder")
    refining_rate = 0.0005  # a quarter of a new model's
    limits = (32, 1 << 13)
    noun = "picture"
    units = {  # noqa: RUF012
        "pictures": "pictures", "boxes": "boxes", **{f"{size}_boxes": f"of them {size}" for size in SIZES},
    }  # fmt: skip
    does = "finds boxes in a picture"
    counted = "pictures"
    input_column = "image"
    predictor = DetectionPredictor

    def targets(self) -> dict[str, Any]:
        return {BOXES: BoxLabels("label")}

    @property
    def table(self) -> FilesTable:
        made: FilesTable = self.data.table
        return made

    @property
    def columns(self) -> list[str]:
        return [self.input_column, *COLUMNS]

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def sizes(records: Sequence[TextRecord], fitted: Fitted) -> list[tuple[int, int]]:
            return [(record.facts[SCENE].width, record.facts[SCENE].height) for record in records]

        def find(model: CommonBoxes, sizes: Any, target: Any) -> list[FoundBoxes]:
            return model.find(sizes)

        def learn(sizes: Any, truths: Any, target: Any) -> CommonBoxes:
            return CommonBoxes.learn([TrueBoxes(*own, *size) for own, size in zip(truths, sizes, strict=True)])

        title = "boxes where training has them"
        return {BOXES: Baseline("baseline.safetensors", sizes, learn, CommonBoxes.load, find, lambda model: title)}

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[TextRecord]:
        """One a picture, with all its boxes; pictures are read in threads."""
        check_size(self.data.size)
        column, files = SceneColumn(self.data.size), Attachments(self.table.files)
        begun, found, noted = dict[str, Future[Scene]](), dict[str, TextRecord](), BadRows(self.table.bad_rows)

        def checked(scene: Future[Scene], box: NamedBox | None) -> tuple[Scene, NamedBox | None]:
            return scene.result(), inside(box, scene.result()) if box is not None else None

        def begin(row: Row) -> Future[tuple[Scene, NamedBox | None]]:
            name, box = text_of(row, self.input_column).strip(), box_of(row)
            if name not in begun:
                begun[name] = threads.submit(column.read, name, files, row.place)
            return threads.submit(checked, begun[name], box)

        with ThreadPoolExecutor() as threads:
            rows = box_rows(sources, self.table.renamed)
            pairs: Iterator[tuple[Row, tuple[Scene, NamedBox | None]]] = each_example(rows, begin, noted)
            for row, (scene, box) in pairs:
                name = text_of(row, self.input_column).strip()
                fresh = TextRecord(name, {BOXES: ()}, row.place, facts={SCENE: scene, BOXES: []})
                record = found.setdefault(name, fresh)
                if box is not None:
                    record.labels[BOXES] = (*record.labels[BOXES], box.label)
                    record.facts[BOXES].append(box)
        return usable(list(found.values()), sources, noted)

    def hold_out(self, records: list[Any]) -> tuple[list[Any], list[Any]]:
        return split.by_order(records, self.held_out)

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        targets = self.fit_targets(records)
        scenes, boxes = ([record.facts[name] for record in records] for name in (SCENE, BOXES))
        check_pixels(boxes)
        return Fitted(SceneColumn.learn(self.data.size, scenes, list(map(array_of, boxes))), targets), self

    def input_from_json(self, saved: dict[str, Any]) -> SceneColumn:
        return SceneColumn.from_json(saved)

    def try_out(self, fitted: Fitted) -> None:
        fitted.input.canvas(Scene(np.zeros((1, 1, 3), np.uint8), 1, 1))
        if not (fitted.input.typical > 0 and fitted.input.each > 0):
            raise ValueError("boxes have no size, or there are none")

    def encode(self, records: list[Any], fitted: Fitted) -> Scenes:
        target: BoxLabels = fitted.targets[BOXES]
        values = self.values(records, BOXES)
        new = target.new(values)
        labels = [target.seeing(new).each(own) for own in values]
        boxes = [array_of(record.facts[BOXES]) for record in records]
        scenes = [record.facts[SCENE] for record in records]
        counts = {"unseen": {BOXES: target.unseen(values)}, "new_names": {BOXES: new}}
        return Scenes.of(scenes, boxes, labels, column=fitted.input, **counts)

    def load_examples(self, path: Path, fitted: Any) -> Scenes:
        return Scenes.load(path, fitted.input)

    def statistics(self, records: list[Any], fitted: Fitted) -> dict[str, int]:
        return {"pictures": len(records), "boxes": sum(len(record.facts[BOXES]) for record in records)}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        training = chosen_training(self.training, 0.002, min(8, statistics["pictures"] // 8))
        return self.choosing(model=chosen_model(self.model), training=training)

    def network(self, fitted: Fitted, examples: Any = None) -> ObjectDetector:
        return build_detector(self.model, fitted.input, len(fitted.targets[BOXES].names))

    def batches(self, prepared: Prepared) -> VariedBatches[Any]:
        """Batches of varied pictures, made in threads."""
        options, examples = self.training, prepared.train
        assert options.batch is not None
        plan: Batches[Any] = Batches(
            examples.lengths, options.batch, self.batch_time_steps, options.seed, lambda chosen: chosen
        )
        strength = self.data.picture_variation
        return VariedBatches(plan, lambda chosen, chance: examples.varied(chosen, chance, strength))

    def outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        return {BOXES: found_in(model, inputs)}

    def run(self, model: Any, examples: Scenes, *, confident: bool = False) -> Outputs:
        """The boxes in each picture, in its own pixels."""
        found = super().run(model, examples, confident=confident)[BOXES]
        return {BOXES: [self.placed(one, examples, *size) for one, size in zip(found, examples.sizes, strict=True)]}

    def placed(self, found: FoundBoxes, examples: Scenes, width: int, height: int) -> FoundBoxes:
        """Boxes on the canvas as boxes in a picture of this size."""
        return found._replace(boxes=examples.column.in_picture(found.boxes, int(width), int(height)))

    def wanted(self, examples: Scenes, name: str) -> list[TrueBoxes]:
        pairs = zip(examples.truths, examples.sizes.tolist(), strict=True)
        return [TrueBoxes(boxes, labels, *size) for (boxes, labels), size in pairs]

    def loss(self, model: Any, outputs: Outputs, examples: Scenes, fitted: Fitted) -> float:
        return mean_loss(model, examples, [True] * len(examples), self.limits)  # type: ignore[arg-type]

    def shown(self, records: list[Any], found: Outputs) -> list[dict[str, Any]]:
        return [{self.input_column: record.text[:200], "place": record.place} for record in records]

    def described(self, fitted: Fitted) -> list[str]:
        column: SceneColumn = fitted.input
        return [
            f"pictures: as large as they fit on {column.size} × {column.size} pixels",
            f"boxes: {column.typical:.0f} pixels of these a side (geometric mean), {column.each:.1f} a picture",
        ]
