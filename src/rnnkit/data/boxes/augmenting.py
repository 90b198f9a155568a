"""Pictures with their boxes as they might have been taken otherwise, for training."""

from __future__ import annotations

import numpy as np
from PIL import Image

from rnnkit.arrays import Pixels
from rnnkit.data.boxes.column import GREY, Boxes, Scene, SceneColumn

ZOOM, SHAPE = 0.35, 0.1
"""standard deviations of the logarithms of a factor of the size, and of one of the width over the height"""
MOST = 2.5
"""by how much a picture is made larger or smaller, at most"""
LIGHT, CONTRAST, COLOUR = 0.2, 0.2, 0.08
"""of the logarithms of factors of brightness, of the distance from the mean, and of each colour"""
COLOURLESS = 0.1
"""how likely a picture is without colours"""
SEEN = 0.4
"""the least share of a box that is still a box where a picture is cut"""


def varied(
    column: SceneColumn, scene: Scene, boxes: Boxes, chance: np.random.Generator, strength: float
) -> tuple[Pixels, Boxes, list[int]]:
    """A picture zoomed, moved, perhaps mirrored, in another light, each `strength` times as much as the constants above
    say, on the canvas `(S, S, 3)`; and its boxes (centre x, y, width, height, on the canvas) with the numbers of those
    that are still seen."""
    size = column.size
    zoom, shape = np.exp(chance.normal(0, (ZOOM, SHAPE)) * strength)
    zoom, fit = float(np.clip(zoom, 1 / MOST, MOST)), size / max(scene.width, scene.height)
    scales = np.array([fit * zoom * shape, fit * zoom / shape])
    extent = scales * [scene.width, scene.height]
    # Where a picture is larger than the canvas, some of it is shown; else all of it, somewhere.
    offset = (size - extent) * chance.random(2)
    pixels = shown(scene, scales, offset, size)
    starts, ends = (place * scales + offset for place in (boxes[:, :2], boxes[:, :2] + boxes[:, 2:]))
    cut_starts, cut_ends = (np.clip(place, 0, size) for place in (starts, ends))
    seen = np.prod(np.maximum(cut_ends - cut_starts, 0), axis=1) / np.prod(np.maximum(ends - starts, 1e-9), axis=1)
    kept = np.flatnonzero(seen >= SEEN)
    placed = np.concatenate([(cut_starts + cut_ends) / 2, cut_ends - cut_starts], axis=1)[kept]
    if chance.random() < 0.5:
        pixels, placed[:, 0] = pixels[:, ::-1], size - placed[:, 0]
    return lit(pixels, chance, strength), placed, kept.tolist()


def shown(scene: Scene, scales: Boxes, offset: Boxes, size: int) -> Pixels:
    """The part of a picture that is on a canvas of this size, where its top left corner is at `offset` and its pixels
    are `scales` of the canvas."""
    made = np.full((size, size, 3), GREY, np.uint8)
    whole = np.array([scene.width, scene.height], np.float64)
    first, last = np.clip(-offset / scales, 0, whole), np.clip((size - offset) / scales, 0, whole)
    start = np.clip(np.round(first * scales + offset), 0, size - 1).astype(int)
    end = np.clip(np.round(last * scales + offset), start + 1, size).astype(int)
    high, wide = scene.pixels.shape[:2]
    share = np.array([wide, high]) / whole
    box = (*np.minimum(first * share, [wide - 1e-3, high - 1e-3]), *np.maximum(last * share, 2e-3))
    picture = Image.fromarray(scene.pixels).resize(tuple(end - start), Image.Resampling.BILINEAR, box=box)
    made[start[1] : end[1], start[0] : end[0]] = np.asarray(picture)
    return made


def lit(pixels: Pixels, chance: np.random.Generator, strength: float) -> Pixels:
    """In another light, with another contrast, in other colours or none."""
    light, contrast = np.exp(chance.normal(0, (LIGHT, CONTRAST)) * strength)
    colours = np.exp(chance.normal(0, COLOUR, 3) * strength) * light
    made = pixels.astype(np.float32)
    if chance.random() < COLOURLESS * strength:
        made[:] = made.mean(axis=2, keepdims=True)
    made = (made - GREY) * np.float32(contrast) + np.float32(GREY)
    around = (pixels == GREY).all(axis=2)
    made = np.clip(made * colours.astype(np.float32), 0, 255)
    made[around] = GREY
    changed: Pixels = made.astype(np.uint8)
    return changed
