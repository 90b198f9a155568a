"""A column of videos: frames in pieces are the frames of the whole; what is varied; what goes together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from clips import moving
from rnnkit.data.attachments import Attachments
from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.video.clips import is_video
from rnnkit.data.video.options import VideoOptions
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch

CHANCE = np.random.default_rng(0)
FEATURES = [CHANCE.normal(5, 2, (n, 4)).astype(np.float32) for n in (7, 1, 12)]
PIXELS = [moving(True, n, CHANCE)[:, :16, :16, None] for n in (7, 1, 12)]


def learned(items: Any, **options: Any) -> VideoColumn:
    column, kept = VideoColumn.of(VideoOptions(size=16, **options), 256).learn(items, 0)
    assert [len(one) for one in kept] == [len(one) for one in items]
    return column


@pytest.mark.parametrize("items", [FEATURES, PIXELS], ids=["features", "pixels"])
@pytest.mark.parametrize("piece", [1, 3, 20])
def test_frames_in_pieces_are_those_of_the_whole(items: Any, piece: int) -> None:
    column = learned(items)
    for item in items:
        state, made = column.init_state(1), []
        for start in range(0, len(item), piece):
            raw = torch.from_numpy(column.raw(item[start : start + piece]))
            frames, state = column.push(SequenceBatch.full(raw[None]), state)
            made.append(frames.data[0].numpy())
        assert np.array_equal(np.concatenate(made), column.frames(item))
        assert column.frames(item).shape == (len(item), column.width)


def test_features_that_are_given_are_beside_their_changes_since_several_frames() -> None:
    column = learned(FEATURES)
    assert column.changes
    assert VideoColumn.of(VideoOptions(size=16), 256).from_json(column.to_json()) == column
    for item in FEATURES:
        earlier = [item[np.maximum(np.arange(len(item)) - lag, 0)] for lag in (1, 2, 4, 8)]
        wanted = np.concatenate([item, *(item - one for one in earlier)], axis=1)
        seen = column.frames(item) * np.array(column.changes.deviation) + np.array(column.changes.mean)
        assert np.allclose(seen, wanted, atol=1e-4)


def test_runs_whose_changes_go_back_one_frame_still_open() -> None:
    column = learned(FEATURES)
    saved = column.to_json()
    width = 2 * FEATURES[0].shape[1]
    changes = {name: saved["changes"][name][:width] for name in ("mean", "deviation")}
    old = column.from_json({"kind": "features", "changes": {"sizes": False, "alone": False, **changes}})
    assert np.array_equal(old.frames(FEATURES[0]), column.frames(FEATURES[0])[:, :width])


def test_how_much_features_change_as_a_whole_is_four_numbers_however_they_come() -> None:
    column = learned(FEATURES).seeing_changes_alone(FEATURES, amount=True)
    assert column.changes
    assert (column.width, column.changes.features) == (4, 4)
    assert VideoColumn.of(VideoOptions(size=16), 256).from_json(column.to_json()) == column
    for item in FEATURES:
        sizes = np.abs(np.diff(item, axis=0, prepend=item[:1]))
        ranked = np.quantile(sizes, (0.95, 0.99), axis=1)
        wanted = np.sqrt(np.stack([sizes.mean(axis=1), sizes.std(axis=1), *ranked], axis=1))
        whole = column.frames(item)
        assert np.allclose(
            whole * np.array(column.changes.deviation) + np.array(column.changes.mean), wanted, atol=1e-4
        )
        state, made = column.init_state(1), []
        for row in column.raw(item):
            frames, state = column.push(SequenceBatch.full(torch.from_numpy(row[None, None])), state)
            made.append(frames.data[0].numpy())
        assert np.allclose(np.concatenate(made), whole, atol=1e-6)
    varied = column.varied(FEATURES[0], np.random.default_rng(0))
    assert varied.dtype == np.float32
    assert varied.shape[1] == 4
    moments = column.to_json()["changes"]
    for wrong in ({"amount_of": -1}, {"sizes": False}, {"mean": [0.0] * 3, "deviation": [1.0] * 3}):
        with pytest.raises(ValueError, match="four numbers"):
            column.from_json({"kind": "features", "changes": {**moments, **wrong}})


def test_features_are_standardised_beside_their_changes() -> None:
    column = learned(FEATURES)
    frames = np.concatenate([column.frames(item) for item in FEATURES])
    assert np.allclose(frames.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(frames.std(axis=0), 1, atol=1e-5)
    assert column.changes
    first = column.frames(FEATURES[0])[0, 4:]
    assert np.allclose(first * np.array(column.changes.deviation[4:]) + np.array(column.changes.mean[4:]), 0, atol=1e-5)


@pytest.mark.parametrize("items", [FEATURES, PIXELS], ids=["features", "pixels"])
def test_what_is_varied_depends_on_what_is_drawn_alone(items: Any) -> None:
    column = learned(items, mirrored=True)
    for item in items:
        one, same, other = (column.varied(item, np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert np.array_equal(one, same)
        assert one.shape != other.shape or not np.allclose(one, other)
        assert one.dtype == np.float32
        assert np.isfinite(one).all()
        assert one.shape[1] == column.width
    plain = learned(items, video_variation=0)
    assert np.array_equal(plain.varied(items[0], CHANCE), plain.frames(items[0]))


def test_labels_of_frames_stay_with_their_frames() -> None:
    column, _ = VideoColumn.of(VideoOptions(size=16), 256, speed=False).learn(PIXELS, 0)
    assert [len(column.varied(item, CHANCE)) for item in PIXELS] == [7, 1, 12]


def test_of_a_long_video_a_stretch_is_learned_from() -> None:
    column = replace(learned(PIXELS, video_variation=0), stretch=5)
    found = {column.varied(PIXELS[2], CHANCE).tobytes() for _ in range(40)}
    whole = column.frames(PIXELS[2])
    assert found == {whole[start : start + 5].tobytes() for start in range(8)}


def test_a_column_comes_back_from_json() -> None:
    for items in (FEATURES, PIXELS):
        column = learned(items)
        again = VideoColumn.of(VideoOptions(size=16), 256).from_json(column.to_json())
        assert again == column
    good = learned(FEATURES).to_json()
    moments = good["changes"]
    wrongs: list[dict[str, Any]] = [{"mean": [1.0]}, {"deviation": [0.0] * 8}, {"mean": [float("nan")] * 8}]
    for wrong in ({"kind": "x"}, {"changes": None}, *({"changes": {**moments, **one}} for one in wrongs)):
        with pytest.raises(ValueError, match=r"mean|kind"):
            VideoColumn.of(VideoOptions(size=16), 256).from_json({**good, **wrong})


def test_what_is_not_as_in_training_is_refused() -> None:
    files = Attachments()
    with pytest.raises(BadRow, match="expected 4 features of a frame, as in training, got 3"):
        learned(FEATURES).read(np.ones((2, 3)), files, "")
    with pytest.raises(BadRow, match="expected features of frames, as in training, got frames"):
        learned(FEATURES).read(np.ones((2, 9, 9), np.uint8), files, "")
    with pytest.raises(BadRow, match="expected pixels of frames, as in training, got features of 3"):
        learned(PIXELS).read(np.ones((2, 3)), files, "")
    with pytest.raises(UserError, match="all frames, or all features of as many numbers"):
        learned([*FEATURES, np.ones((3, 9), np.float32)])
    for nothing in (None, 5, "", " "):
        with pytest.raises(BadRow, match="expected the name of a video"):
            learned(PIXELS).read(nothing, files, "")


def test_what_may_be_a_video_is_known() -> None:
    assert all(map(is_video, ["a.mp4", [[1, 2], [3, 4]], np.zeros((2, 3)), np.zeros((2, 3, 4)), [[[1, 2]]]]))
    assert not any(map(is_video, [None, 5, [], [1, 2], b"x", np.zeros(3), np.array(["a"]), {"a": 1}]))
