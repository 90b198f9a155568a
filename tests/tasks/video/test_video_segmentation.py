"""Labelling each frame of made-up videos, from labels of frames and from segments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clips import clips, data_of, turning
from commandline import good
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.errors import UserError
from rnnkit.tasks import VideoSegmentation
from rnnkit.tasks.video.segments import Segment, spread
from rnnkit.tasks.video.video_predictor import VideoPrediction
from tiny import one_thread

SMALL: dict[str, Any] = {
    "size": 16, "hidden": 12, "embedding": 12, "batch": 8, "learning_rate": 0.01, "validations": 2, "seed": 1,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("segments") / "run"
    return VideoSegmentation(steps=80, direction="forward", chain=False, **SMALL).fit(turning(64, 0), out=out)


def as_segments(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The same with a row a segment: frames last a tenth of a second; what goes to the left is not labelled."""
    made: list[dict[str, Any]] = []
    for row in rows:
        labels = row["label"].split()
        first = labels.index("right")
        end = first + labels.count("right")
        made.append({"video": row["video"], "start": first / 10, "end": end / 10, "label": "right"})
    return made


def test_each_frame_has_its_label(trained: Any) -> None:
    scores = trained.evaluate(turning(20, 7))
    assert scores["accuracy"] > 0.85
    assert {"segment_f1_50", "edit_score"} <= set(scores)
    assert scores["accuracy"] > scores["baseline"]["accuracy"]


def test_segments_are_labels_of_frames(tmp_path: Path) -> None:
    rows, names = turning(64, 0), {"right": "right", "left": "none"}
    run = VideoSegmentation(steps=80, **SMALL).fit(as_segments(rows), out=tmp_path / "run")
    labels = [{**row, "label": " ".join(names[name] for name in row["label"].split())} for row in turning(20, 7)]
    scores = run.evaluate(labels)
    assert scores == run.evaluate(as_segments(turning(20, 7)))
    assert scores["accuracy"] > 0.85


@pytest.mark.parametrize("chain", [True, False])
def test_a_long_video_is_labelled_in_pieces_alike(chain: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = VideoSegmentation(steps=10, direction="forward", chain=chain, **SMALL).fit(turning(32, 0), out=tmp_path / "r")
    rows = turning(4, 5)
    clips = [row["video"] for row in rows]
    whole = run.predict(clips)
    path = tmp_path / "a.gif"
    path.write_bytes(data_of(clips[0]))
    for piece in (3, 5):
        monkeypatch.setattr("rnnkit.tasks.video.encoding.PIECE", piece)
        (answer,) = run.respond([str(path)], VideoPrediction(), {})
        for pieced, own in zip([answer, *run.predict(clips)], [whole[0], *whole], strict=True):
            assert pieced.labels == own.labels
            assert pieced.probabilities == pytest.approx(own.probabilities, abs=1e-5)


def test_answers_are_a_row_a_frame_and_come_with_the_frames(trained: Any, tmp_path: Path) -> None:
    row = turning(1, 3)[0]
    labels = row["label"].split()
    path = tmp_path / "a.gif"
    path.write_bytes(data_of(row["video"]))
    (whole,) = trained.predict(str(path))
    assert len(whole.labels) == len(labels)
    followed = list(trained.follow(str(path)))
    assert [answer.label for answer in followed] == whole.labels
    assert [answer.probability for answer in followed] == pytest.approx(whole.probabilities, abs=1e-5)
    out = good("predict", trained.folder, path).out
    assert len(out.splitlines()) == len(labels) + 1
    assert whole.segments()[0][1] == 0
    assert whole.segments()[-1][2] == len(labels)
    assert trained.explain(str(path)).reasons


def test_a_segments_frames_are_those_whose_times_lie_in_it() -> None:
    found = [Segment(0.1, 0.3, "a"), Segment(0.3, 0.35, "b"), Segment(9, 10, "c")]
    assert spread(found, 6, 10, "-") == ["-", "a", "a", "b", "-", "-"]
    with pytest.raises(BadRow, match=r"do not overlap, got several at 0\.20 s"):
        spread([Segment(0, 0.3, "a"), Segment(0.2, 0.5, "b")], 6, 10, "-")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"label": "left left"}, "expected a label for each of"),
        ({"start": "0", "end": "0"}, "an end after it"),
        ({"start": "-1", "end": "1"}, "expected a start from 0 on"),
        ({"start": "x", "end": "1"}, "expected a number in 'start'"),
        ({"start": "0", "end": "1", "label": ""}, "'label' is empty"),
    ],
)
def test_labels_that_do_not_fit_are_said(change: dict[str, str], reason: str, tmp_path: Path) -> None:
    rows = [{**row, **change} for row in turning(20, 0)]
    with pytest.raises(UserError, match=reason):
        VideoSegmentation(steps=1, **SMALL).fit(rows, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_two_rows_of_one_video_need_segments(tmp_path: Path) -> None:
    rows = turning(20, 0)
    with pytest.raises(UserError, match="expected one row a video"):
        VideoSegmentation(steps=1, **SMALL).fit([*rows, rows[0]], out=tmp_path / "run")
    assert clips(1, 0)
