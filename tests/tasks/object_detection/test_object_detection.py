"""COCO files and tables are one; boxes and pictures that are none are said in a line; what is drawn and written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import rnnkit
from commandline import command, good
from drawings import boxed
from rnnkit.data.columns import pictures
from rnnkit.models.detector import CandidateBoxes
from rnnkit.tasks import ObjectDetection
from rnnkit.tasks.object_detection.finding import boxes_of, things_in
from tiny import TINY

Opened = Callable[[str], Any]
HEAD = ["image", "x", "y", "width", "height", "label"]


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pictures in a folder, which is where commands run, and one outside."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for name in ("photos/a.png", "photos/b.png", "secret.png"):
        Image.new("RGB", (60, 40), (90, 120, 90)).save(tmp_path / name)
    return tmp_path


def table(rows: list[list[Any]]) -> str:
    """Writes a table, and gives its name."""
    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *rows])
    Path("t.csv").write_text(text.getvalue())
    return "t.csv"


def coco(**more: Any) -> dict[str, Any]:
    return {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 9, "file_name": "b.png"}],
        "categories": [{"id": 3, "name": "dog"}, {"id": 5, "name": "cat"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 30, 20], "iscrowd": 0},
            {"id": 2, "image_id": 7, "category_id": 5, "bbox": [10.5, 2, 60, 20]},
            {"id": 3, "image_id": 7, "category_id": 5, "bbox": [0, 0, 60, 40], "iscrowd": 1},
        ],
        **more,
    }


def said(data: str, *more: str) -> str:
    """The one line that training says of bad data."""
    done = command("train", "object-detection", data, "--files", "photos", "--out", "run", "--steps", "1", *more)
    assert done.code == 2
    lines = done.err.strip().splitlines()
    assert lines[-1].startswith("rnnkit: ")
    assert not Path("run").exists()
    return lines[-1]


def test_coco_files_and_tables_are_one(photos: Path) -> None:
    Path("x.json").write_text(json.dumps(coco()))
    rows = [["a.png", 1, 2, 30, 20, "dog"], ["a.png", 10.5, 2, 60, 20, "cat"], ["b.png", "", "", "", "", ""]]
    task = ObjectDetection(files="photos")
    found = [
        [(record.text, record.facts["boxes"]) for record in task.records([source])]
        for source in ("x.json", table(rows))
    ]
    assert found[0] == found[1]
    # What is beyond the picture's border is cut off; a crowd is no box.
    assert [box.sides for box in found[0][0][1]] == [(1, 2, 30, 20), (10.5, 2, 49.5, 20)]
    assert found[0][1][1] == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["a.png", 70, 2, 10, 10, "dog"], "inside the picture, which has 60 × 40 pixels"),
        (["a.png", -20, 2, 10, 10, "dog"], "inside the picture"),
        (["a.png", 1, 2, 0, 10, "dog"], "a box with an area"),
        (["a.png", 1, 2, 10, -1, "dog"], "a box with an area"),
        (["a.png", 1, 2, "nan", 10, "dog"], "a finite number in 'width'"),
        (["a.png", 1, 2, "wide", 10, "dog"], "a number in 'width'"),
        (["a.png", 1, 2, 10, 10, ""], "'label' is empty"),
        (["nowhere.png", 1, 2, 10, 10, "dog"], "there is no file 'nowhere.png'"),
        (["../secret.png", 1, 2, 10, 10, "dog"], "a name inside --files"),
        (["photos/../../secret.png", 1, 2, 10, 10, "dog"], "a name inside --files"),
        (["", 1, 2, 10, 10, "dog"], "'image' is empty"),
    ],
)
def test_a_bad_row_is_named(row: list[Any], reason: str, photos: Path) -> None:
    line = said(table([["b.png", 1, 2, 30, 20, "dog"], row]))
    assert "t.csv, row 3: " in line
    assert reason in line
    # It may be left out; its picture's other boxes stay.
    good_rows = [[name, 1, 2, 30, 20, "dog"] for name in ("a.png", "b.png")]
    task = ObjectDetection(files="photos", bad_rows="skip")
    assert [len(record.facts["boxes"]) for record in task.records([table([*good_rows, row])])] == [1, 1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"annotations": [{"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4]}]},
            "of the image 1, which is none",
        ),
        (
            {"annotations": [{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]}]},
            "of the category 1, which is",
        ),
        ({"annotations": [{"image_id": 7, "bbox": [1, 2, 3, 4]}]}, "of the category None"),
        ({"annotations": [{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3]}]}, "no bbox of four numbers"),
        ({"annotations": [{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, None]}]}, "a number in 'height'"),
        ({"annotations": [{"image_id": [], "category_id": 3, "bbox": [1, 2, 3, 4]}]}, "numbers as ids"),
        ({"annotations": None}, "no list 'annotations'"),
        ({"images": [1]}, "no list 'images'"),
        ({"images": [{"id": 7, "file_name": "a.png"}] * 2}, "x.json, got 7 again"),
        ({"categories": [{"id": 3, "name": "dog"}, {"id": 3, "name": "cat"}]}, "each id once in 'categories'"),
        ({"annotations": []}, "without any"),
    ],
)
def test_a_coco_file_that_is_none(change: dict[str, Any], reason: str, photos: Path) -> None:
    Path("x.json").write_text(json.dumps(coco(**change)))
    assert reason in said("x.json", "--held-out", "0.5")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"images": 1}', "[" * 100_000])
def test_a_json_file_that_is_no_coco_file(text: str, photos: Path) -> None:
    Path("x.json").write_text(text)
    assert "expected a COCO file" in said("x.json")


def test_boxes_in_shares_of_a_picture(photos: Path) -> None:
    rows = [["a.png", 0.1, 0.2, 0.5, 0.3, "dog"], ["b.png", 0, 0, 1, 1, "dog"]]
    assert "expected boxes in pixels, got none that goes beyond 1" in said(table(rows), "--held-out", "0.5")


def test_sizes_that_cannot_be(photos: Path) -> None:
    assert "a multiple of 32, got 100; 128 is one" in said(table([["a.png", 1, 2, 3, 4, "dog"]]), "--size", "100")


def test_a_picture_that_cannot_be_read(photos: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    run = opened("object-detection").folder
    whole = Path("photos/a.png").read_bytes()
    Path("cut.png").write_bytes(whole[: len(whole) // 2])
    Path("text.png").write_text("a text")
    Image.new("L", (1, 1)).save("dot.png")
    for name, reason in (("cut.png", "is damaged"), ("text.png", "is no picture"), ("none.png", "there is no file")):
        done = command("predict", run, name)
        assert (done.code, done.out) == (2, "")
        assert reason in done.err
        assert len(done.err.splitlines()) == 1
    (answer,) = good("predict", run, "dot.png", "--json").objects
    assert (answer["width"], answer["height"]) == (1, 1)
    monkeypatch.setattr(pictures, "LARGEST", 100)
    done = command("predict", run, "photos/a.png")
    assert "at most 100 pixels, got 60 × 40" in done.err


def test_a_picture_of_20000_by_20000_is_refused_before_it_is_decoded(photos: Path, opened: Opened) -> None:
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (20_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    import zlib

    Path("huge.png").write_bytes(header + zlib.crc32(header[12:]).to_bytes(4, "big") + b"\0\0\0\0IEND\xaeB`\x82")
    done = command("predict", opened("object-detection").folder, "huge.png")
    assert done.code == 2
    assert "at most 100,000,000 pixels, got" in done.err


def test_answers_are_a_table_that_training_takes(photos: Path, opened: Opened) -> None:
    run = opened("object-detection").folder
    done = good("predict", run, "photos/a.png", "photos/b.png", "--confidence", "0")
    assert list(done.table[0])[:6] == HEAD
    Path("found.csv").write_text(done.out)
    records = ObjectDetection().records(["found.csv"])
    assert [record.text for record in records] == ["photos/a.png", "photos/b.png"]
    nothing = good("predict", run, "photos/a.png", "--confidence", "1").table
    assert [(row["image"], row["x"], row["label"]) for row in nothing] == [("photos/a.png", "", "")]


def test_answers_as_a_coco_file_are_read_again(photos: Path, opened: Opened) -> None:
    run = opened("object-detection").folder
    Path("x.json").write_text(json.dumps(coco()))
    answers = good(
        "predict", run, "--file", "x.json", "--files", "photos", "--confidence", "0", "--coco", "found.json", "--json"
    ).objects
    assert [(one["image"], one["image_id"]) for one in answers] == [("a.png", 7), ("b.png", 9)]
    facts = json.loads(Path("found.json").read_text())
    assert [one["file_name"] for one in facts["images"]] == ["a.png", "b.png"]
    assert len(facts["annotations"]) == sum(one["count"] for one in answers)
    assert all(0 <= one["score"] <= 1 for one in facts["annotations"])
    records = ObjectDetection(files="photos").records(["found.json"])
    assert sum(len(record.facts["boxes"]) for record in records) == len(facts["annotations"])


def test_boxes_come_from_the_most_certain_on_and_in_the_picture(opened: Opened) -> None:
    pixels = TINY["object-detection"].inputs[0]
    (answer,) = opened("object-detection").predict(pixels, confidence=0.0)
    sure = [box["confidence"] for box in answer.boxes]
    assert sure == sorted(sure, reverse=True)
    assert len(sure) > 1
    for box in answer.boxes:
        assert 0 <= box["x"] <= box["x"] + box["width"] <= answer.width + 0.02
        assert 0 <= box["y"] <= box["y"] + box["height"] <= answer.height + 0.02
    fewer = opened("object-detection").predict(pixels, confidence=sure[1])[0].boxes
    assert fewer == [box for box in answer.boxes if box["confidence"] >= sure[1]]


def test_pictures_are_drawn(photos: Path, opened: Opened) -> None:
    run = opened("object-detection").folder
    flags = ["--confidence", "0", "--draw", "boxes.jpg", "--why", "why.png"]
    good("predict", run, "photos/a.png", "photos/b.png", *flags)
    for name in ("boxes.jpg", "boxes-2.jpg", "why.png", "why-2.png"):
        with Image.open(name) as picture:
            assert picture.width >= 300
    for wrong in (["--draw", "x.gif"], ["--why", "x.jpg"], ["--coco", "x.csv"]):
        done = command("predict", run, "photos/a.png", *wrong)
        assert done.code == 2
        assert "takes a file that ends in" in done.err
    for wrong in (["--draw", "none/x.png"], ["--why", "none/x.png"], ["--coco", "none/x.json"]):
        done = command("predict", run, "photos/a.png", *wrong)
        assert (done.code, done.out) == (2, "")
        assert f"{wrong[0]} takes a file in a folder that exists" in done.err
    done = command("predict", run, "--file", "t.csv", "--draw", "x.png")
    assert "leave --file out" in done.err


def test_a_box_is_explained_by_its_label(opened: Opened) -> None:
    trained = opened("object-detection")
    pixels = np.full((48, 48, 3), 130, np.uint8)
    pixels[10:26, 10:26] = 240
    explanation = trained.explain(pixels)
    label = explanation.reasons[0].label.split(": ")[1]
    assert trained.explain(pixels, label).reasons[0].label == explanation.reasons[0].label
    with pytest.raises(rnnkit.UserError, match="expected a label of the boxes found"):
        trained.explain(pixels, "nothing like it")


def test_scores_are_shown_by_label_and_size(opened: Opened, trained: Callable[[str], Path]) -> None:
    folder = trained("object-detection")
    text = good("evaluate", folder / "run", folder / "valid.csv").out
    for title in (
        "AP at 0.5, any label",
        "AP at 0.5, small",
        "recall at one false box",
        "boxes where training has them",
    ):
        assert title in text
    assert [line.split()[0] for line in text.splitlines() if line.startswith(("dark ", "light "))] == ["dark", "light"]
    assert "of them right" in text


def test_what_two_cells_find_of_one_thing_adds_up() -> None:
    boxes = torch.tensor([[30.0, 30, 20, 20], [34, 30, 20, 20], [33, 30, 20, 20], [90, 30, 10, 10]])
    cells, steps = torch.tensor([0, 1, 0, 5]), torch.tensor([0, 0, 1, 0])
    labels = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.5, 0.5], [0.2, 0.8]]).log()
    sure = torch.tensor([0.6, 0.3, 0.2, 0.7])
    found = CandidateBoxes(torch.zeros(4, dtype=torch.int64), cells, steps, sure, boxes, labels)
    made = boxes_of(found, things_in(found, 0))
    np.testing.assert_allclose(made.confidences, [0.9, 0.7], rtol=1e-6)
    np.testing.assert_allclose(made.boxes[0], [30 * 2 / 3 + 34 / 3, 30, 20, 20], rtol=1e-6)
    assert made.labels.tolist() == [0, 1]
    np.testing.assert_allclose(made.probabilities, [[0.8, 0.2], [0.2, 0.8]], rtol=1e-6)
    assert len(boxes_of(found, things_in(found, 1)).boxes) == 0


@pytest.mark.parametrize("decoder", ["recurrent", "dense"])
def test_it_trains_with_16_bit_products(decoder: str, tmp_path: Path) -> None:
    options = {"size": 64, "channels": 4, "embedding": 16, "hidden": 16, "batch": 8, "learning_rate": 0.01}
    task = ObjectDetection(steps=4, validations=2, precision="bf16-mixed", decoder=decoder, **options)
    scores = task.fit(boxed(24, 0), out=tmp_path / "run").evaluate(boxed(6, 1))
    assert scores["average_precision_50"] is not None
