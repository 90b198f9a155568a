"""What tasks over videos have in common, whatever they say of them: the column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.video.clips import is_video
from rnnkit.data.video.options import VideoOptions
from rnnkit.errors import UserError
from rnnkit.tasks.perceived_task import ITEM
from rnnkit.tasks.records import Fitted, TextRecord
from rnnkit.tasks.task import Task


class VideoInput(Task):
    """A task over a `VideoColumn`. Its `data` has a section `video`, a `VideoOptions`; a record has a clip's frames."""

    noun = "video"
    input_column = "video"

    @property
    def seeing(self) -> VideoOptions:
        """How videos are seen."""
        made: VideoOptions = self.data.video
        return made

    def fresh_column(self) -> VideoColumn:
        """What reads videos before anything was learned of them."""
        raise NotImplementedError

    def column(self, like: Fitted | Sequence[Any] | None) -> VideoColumn:
        """What reads videos: what was fitted to others, or before that, what the options say."""
        return like.input if isinstance(like, Fitted) else self.fresh_column()

    def learned_column(self, records: Sequence[TextRecord]) -> VideoColumn:
        """The column of training records, which keep their clips as it does from then on."""
        column, kept = self.fresh_column().learn([record.facts[ITEM] for record in records], self.training.seed)
        for record, clip in zip(records, kept, strict=True):
            record.facts[ITEM] = clip
        return column

    def clips(self, records: Sequence[TextRecord], fitted: Fitted) -> list[Any]:
        """The clips of records, a frozen encoder having looked at them once."""
        for record in records:
            record.facts[ITEM] = fitted.input.seen(record.facts[ITEM])
        return [record.facts[ITEM] for record in records]

    def check_columns(self, fitted: Fitted, records: list[Any]) -> None:
        ours = fitted.input.blank.shape[1:]
        for clip in self.clips(records, fitted):
            if clip.shape[1:] != ours:
                raise UserError(f"fine-tuning keeps a run's frames {ours}, got {clip.shape[1:]}; train a new run")

    def input_from_json(self, saved: dict[str, Any]) -> VideoColumn:
        return self.fresh_column().from_json(saved)

    def keep(self, fitted: Fitted, folder: Path) -> None:
        fitted.input.save(folder)

    def read_fitted(self, folder: Path) -> Fitted:
        fitted: Fitted = super().read_fitted(folder)
        return fitted._replace(input=fitted.input.loaded(folder))

    def described(self, fitted: Fitted) -> list[str]:
        column: VideoColumn = fitted.input
        seen = column.seeing
        looks = self.seeing.encoder
        if column.looking is None and column.changes:
            return [f"frames: {column.changes.features} features each, and their changes"]
        colours = "in colour" if seen.colour else "grey"
        return [
            f"frames: at most {seen.rate:g} a second, {seen.size} × {seen.size} pixels, {colours}; encoder: {looks}"
        ]


def is_alone(one: Any, column: VideoColumn) -> bool:
    """Whether an input from Python is one video, not several: of lists of lists of numbers the numbers tell."""
    if isinstance(one, list | tuple) and one and isinstance(one[0], list | tuple) and one[0]:
        return not isinstance(one[0][0], list | tuple) or _is_points(one, column)
    return isinstance(one, Path) or is_video(one)


def _is_points(one: Any, column: VideoColumn) -> bool:
    first, changes = one[0][0], column.changes
    return changes is not None and len(first) in (2, 3) and len(one[0]) * len(first) == changes.features
