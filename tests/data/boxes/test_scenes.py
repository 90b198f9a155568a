"""Boxes stay around what they are around: on the canvas, varied, and back in the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnkit.data.boxes.augmenting import varied
from rnnkit.data.boxes.column import Scene, SceneColumn
from rnnkit.data.boxes.overlap import of_one_thing, overlaps
from rnnkit.data.boxes.scenes import Scenes

SIZES = [(100, 60), (60, 100), (300, 200), (64, 64), (20, 90)]


def white_box(width: int, height: int, kept: float = 1.0) -> tuple[Scene, np.ndarray]:
    """A dark picture with a white box."""
    box = np.array([[width // 4, height // 3, width // 2, height // 4]], np.float64)
    pixels = np.full((max(round(height * kept), 1), max(round(width * kept), 1), 3), 20, np.uint8)
    x, y, w, h = (round(side * kept) for side in box[0])
    pixels[y : y + h, x : x + w] = 250
    return Scene(pixels, width, height), box


def around_white(canvas: np.ndarray) -> np.ndarray:
    """The box around what is bright: centre x, y, width, height."""
    bright = canvas.max(axis=2).astype(int) > 190
    down, across = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    starts, ends = np.array([across[0], down[0]]), np.array([across[-1] + 1, down[-1] + 1])
    return np.concatenate([(starts + ends) / 2, ends - starts])


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_box_on_the_canvas_is_around_the_same(width: int, height: int) -> None:
    column = SceneColumn(96)
    scene, boxes = white_box(width, height, min(1.0, 96 / max(width, height)))
    placed = column.on_canvas(boxes, scene)
    np.testing.assert_allclose(around_white(column.canvas(scene)), placed[0], atol=2.5)
    np.testing.assert_allclose(column.in_picture(placed, width, height), boxes, atol=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_a_varied_box_is_around_the_same(seed: int) -> None:
    chance = np.random.default_rng(seed)
    scene, boxes = white_box(*SIZES[seed % len(SIZES)])
    column = SceneColumn(128)
    pixels, placed, kept = varied(column, scene, boxes, chance, 0.5)
    assert pixels.shape == (128, 128, 3)
    if kept:
        assert kept == [0]
        np.testing.assert_allclose(around_white(pixels), placed[0], atol=4)


def test_a_variation_is_drawn_from_the_generator_alone() -> None:
    scene, boxes = white_box(100, 60)
    one, other = (varied(SceneColumn(64), scene, boxes, np.random.default_rng(5), 1.0) for _ in range(2))
    assert (one[0] == other[0]).all()
    assert (one[1] == other[1]).all()


def test_examples_are_saved_and_batched(tmp_path: Path) -> None:
    column = SceneColumn(64)
    pairs = [white_box(*size) for size in SIZES[:3]]
    boxes = [pairs[0][1], np.zeros((0, 4)), np.concatenate([pairs[2][1]] * 2)]
    labels = [np.array([1]), np.zeros(0, np.int64), np.array([0, 2])]
    made = Scenes.of([scene for scene, _ in pairs], boxes, labels, column=column, unseen={"boxes": 1})
    made.save(tmp_path / "part" / "x.safetensors")
    loaded = Scenes.load(tmp_path / "part" / "x.safetensors", column)
    assert (len(loaded), loaded.unseen) == (3, {"boxes": 1})
    batch = loaded.batch(np.array([2, 1, 0]))
    assert batch.inputs.data.shape == (3, 64, 64, 3)
    assert batch.targets["labels"].tolist() == [[0, 2], [-1, -1], [1, -1]]
    np.testing.assert_allclose(batch.targets["boxes"][2, 0], column.on_canvas(boxes[0], pairs[0][0])[0], rtol=1e-6)
    assert (loaded.inputs.batch(np.array([2, 1, 0])).data == batch.inputs.data).all()
    assert (loaded.varied(np.array([0]), np.random.default_rng(0), 0.0).inputs.data == batch.inputs.data[2]).all()


def test_a_picture_of_one_pixel_and_one_of_one_row() -> None:
    for width, height in ((1, 1), (400, 1), (1, 400)):
        scene = Scene(np.full((min(height, 64), min(width, 64), 3), 9, np.uint8), width, height)
        assert SceneColumn(64).canvas(scene).shape == (64, 64, 3)
        varied(SceneColumn(64), scene, np.array([[0.0, 0, width, height]]), np.random.default_rng(0), 1.0)


def test_boxes_are_of_one_thing_where_they_overlap() -> None:
    chance = np.random.default_rng(0)
    boxes = np.concatenate([chance.uniform(0, 40, (40, 2)), chance.uniform(5, 30, (40, 2))], axis=1)
    sure, cells = chance.random(40), chance.integers(0, 6, 40)
    things = of_one_thing(boxes, sure, cells, 0.3)
    firsts = np.array([thing[0] for thing in things])
    assert (np.diff(sure[firsts]) < 0).all()
    for number, thing in enumerate(things):
        assert (overlaps(boxes[thing[0]], boxes[thing]) >= 0.3).all()
        assert (overlaps(boxes[thing[0]], boxes[firsts[:number]]) < 0.3).all()
        assert (cells[thing[1:]] != cells[thing[0]]).all()
    named = np.concatenate(things)
    assert len(named) == len(set(named.tolist()))
    # What is left out overlaps a more certain box of its own cell.
    for number in set(range(40)) - set(named.tolist()):
        same = firsts[(cells[firsts] == cells[number]) & (sure[firsts] > sure[number])]
        assert (overlaps(boxes[number], boxes[same]) >= 0.3).any()
