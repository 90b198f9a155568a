"""A trained network that describes pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from rnnkit.arrays import Pixels
from rnnkit.configuration import build
from rnnkit.data.attachments import Attachments
from rnnkit.data.columns.pictures import PictureColumn, squeezed
from rnnkit.data.examples.examples import Ragged
from rnnkit.data.examples.pairs import Sources
from rnnkit.data.given import one_or_many, shown
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.inspection.pictures.attention import draw_looks
from rnnkit.tasks.perceived_predictor import PerceivedPredictor, name_of
from rnnkit.tasks.sequence_to_sequence.captioning.caption_options import CaptionScoring
from rnnkit.tasks.sequence_to_sequence.captioning.captions import captions_of, check_seen, explained
from rnnkit.tasks.sequence_to_sequence.writer import ShownSource, TextAnswer, Writing, WritingPredictor, numbered_places


@dataclass(frozen=True)
class Caption(TextAnswer):
    """What was written about a picture."""

    image: str = ""
    """its name"""


class Captioner(PerceivedPredictor, WritingPredictor):
    """A trained network that describes pictures. Made by `ImageCaptioning.fit` or `rnnkit.load`."""

    scoring = CaptionScoring
    what = "a picture"
    help = """\
Describes the picture that each INPUT names, a path or a data: address. With -, names are read from standard input, one
a line, and each is answered in a line."""
    example = "rnnkit predict runs/photos photo.jpg --n-best 3"

    def is_one(self, one: Any) -> bool:
        """Whether something may be a picture: the name of its file."""
        return isinstance(one, str)

    def is_input(self, one: Any) -> bool:
        """Whether something may be a picture from Python: a name, pixels, or what Pillow has opened."""
        return super().is_input(one) or isinstance(one, Image.Image) or (isinstance(one, np.ndarray) and one.ndim == 3)

    def predict(self, inputs: Any, **options: Any) -> list[Caption]:
        """A caption for each picture: a path, or pixels `(H, W, 3)` from 0 to 255, or what Pillow has opened; one may
        be given alone. `options` are those of `Writing` by name."""
        listed = one_or_many(inputs, self.what, self.is_input)
        request = build(Writing, options)
        self.check(request, files=False)
        return self.answers([name_of(one) for one in listed], [self.item(one) for one in listed], request)

    def item(self, one: Any, files: Attachments | None = None) -> Pixels:
        if not self.is_input(one):
            raise UserError(f"expected a picture, got {shown(one)}; name its file")
        if isinstance(one, str | Path):
            made: Pixels = super().item(one, files)
            return made
        return squeezed(one if isinstance(one, Image.Image) else Image.fromarray(one), self.fitted.input.size)

    def seen(self, pictures: Sequence[Pixels]) -> Sources:
        """Pictures as the network takes them."""
        column: PictureColumn = self.fitted.input
        return Sources(Ragged.of(list(column.seen(pictures))))

    @classmethod
    def check(cls, request: Writing, *, files: bool) -> None:
        """Raises `UserError` of options that do not go together, or are of texts alone."""
        super().check(request, files=files)
        check_seen(request)

    def answers(self, names: Sequence[str], items: Sequence[Pixels], request: Any, first: int = 0) -> list[Caption]:
        """A caption for each of some pictures that were read; `first` is the number of the first."""
        if not items:
            return []

        def looks(place: int) -> ShownSource:
            return ShownSource((), lambda weights, *rest: draw_looks(weights, items[place], *rest))

        found = captions_of(self, self.seen(items), request or Writing(), looks, first)
        return [Caption(**vars(answer), image=name) for answer, name in zip(found, names, strict=True)]

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """What each place of a picture's grid adds to each token of its caption, or to those that read as `label`."""
        item = self.item(one)
        source = self.seen([item])
        batch, _ = source.batch(np.array([0]))
        with torch.no_grad():
            vectors = self.model.encoder(batch).data[0]
        return explained(self, source, vectors, numbered_places(len(vectors)), label, canvas=item.transpose(1, 2, 0))
