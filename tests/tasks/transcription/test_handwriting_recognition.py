"""Reading made-up handwriting, as ink and as pictures: what a table has is seen; what is none is said."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from commandline import command, good
from drawings import LETTERS, inks, line_pictures
from rnnkit.errors import UserError
from rnnkit.tasks import HandwritingRecognition
from tiny import one_thread

SMALL: dict[str, Any] = {
    "hidden": 16, "embedding": 32, "layers": 1, "batch": 8, "learning_rate": 0.01, "validations": 2, "seed": 1,
    "dropout": 0, "input_dropout": 0,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def of_ink(tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("ink") / "run"
    return HandwritingRecognition(spacing=0.1, steps=120, **SMALL).fit(inks(96, 0), valid=inks(16, 1), out=out)


@pytest.fixture(scope="module")
def of_lines(tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("lines") / "run"
    task = HandwritingRecognition(height=16, steps=4, **SMALL)
    return task.fit(line_pictures(32, 0), valid=line_pictures(16, 1), out=out)


def test_it_reads_ink(of_ink: Any) -> None:
    scores = of_ink.evaluate(inks(32, 3))
    assert scores["character_error_rate"] < 10
    assert "real_time_factor" not in scores
    assert of_ink.task.data.kind == "ink"


def test_one_ink_or_many_in_every_form(of_ink: Any, tmp_path: Path) -> None:
    row = inks(1, 5)[0]
    strokes = json.loads(row["ink"])
    (tmp_path / "one.json").write_text(row["ink"])
    trace = "".join(f"<trace>{', '.join(f'{x} {y}' for x, y in stroke)}</trace>" for stroke in strokes)
    (tmp_path / "one.inkml").write_text(f"<ink>{trace}</ink>")
    forms = [strokes, row["ink"], {"strokes": strokes}, str(tmp_path / "one.json"), tmp_path / "one.inkml"]
    assert [answer.text for form in forms for answer in of_ink.predict(form)] == [row["text"]] * 5
    arrays = [np.array(stroke) for stroke in strokes]
    assert [answer.text for answer in of_ink.predict([arrays, strokes])] == [row["text"]] * 2
    assert of_ink.predict([]) == []


def test_size_place_and_speed_do_not_matter(of_ink: Any) -> None:
    row = inks(1, 6)[0]
    far = [
        [[1000 * x - 7e5, 1000 * y + 1e6, 3 * n] for n, (x, y) in enumerate(stroke)]
        for stroke in json.loads(row["ink"])
    ]
    assert of_ink.predict(far)[0].text == of_ink.predict(row["ink"])[0].text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[[[1, 2], [3]]]", "stroke 1 is"),
        ("[]", "no points"),
        ("nowhere.inkml", "there is no file"),
        ("<svg/>", "outermost element is ink"),
        (7, "expected a line"),
        ([[1, 2]], "expected a line"),
        ([[[1, float("nan")]]], "finite numbers"),
    ],
)
def test_what_is_no_ink_is_said(of_ink: Any, given: Any, said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        of_ink.predict(given)
    assert "\n" not in str(error.value)


def test_one_point_is_read(of_ink: Any) -> None:
    assert isinstance(of_ink.predict([[[3, 4]]])[0].text, str)


def picture(width: int, height: int) -> str:
    file = io.BytesIO()
    Image.new("L", (width, height), 200).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def test_pictures_of_every_size_are_read_or_refused(of_lines: Any) -> None:
    assert of_lines.task.data.kind == "image"
    assert isinstance(of_lines.predict(picture(20_000, 24))[0].text, str)
    assert isinstance(of_lines.predict(picture(1, 24))[0].text, str)
    for size, said in (((1, 1), "1 × 1 pixels"), ((20_000, 9), "20,000 × 9 pixels")):
        with pytest.raises(UserError, match=said):
            of_lines.predict(picture(*size))


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ([{"picture": "a.png", "text": "a"}], [], "column ink or a column image, got picture, text; name it"),
        ([{"image": "a.png", "ink": "[]", "text": "a"}], [], "got image, ink, text; say which with --kind"),
        ([{"image": "a.png", "text": "a"}], ["--kind", "ink"], "'ink'"),
        ([{"image": "no.png", "text": "a"}], [], "there is no file 'no.png'"),
        ([{"ink": "[[[1, 2, 3, 4]]]", "text": "a"}], [], "stroke 1 is"),
        ([], [], "got no rows"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path: Path, rows: list[dict[str, str]], options: list[str], said: str) -> None:
    table = write(tmp_path / "t.jsonl", rows)
    done = command("train", "handwriting-recognition", table, "--out", tmp_path / "run", *options)
    assert done.code == 2
    assert said in done.err.splitlines()[-1]


def test_bad_rows_may_be_left_out_and_columns_renamed(tmp_path: Path) -> None:
    rows = [{"id": n, "writing": row["ink"], "text": row["text"]} for n, row in enumerate(inks(40, 0))]
    rows[3]["writing"], rows[5]["text"] = "[[[1]]]", ""
    table = write(tmp_path / "t.jsonl", rows)  # type: ignore[arg-type]
    flags = ["--column", "ink=writing", "--bad-rows", "skip", "--steps", 2, "--hidden", 8, "--validations", 1]
    done = good("train", "handwriting-recognition", table, "--out", tmp_path / "run", *flags)
    assert "left out 2 of 40 rows" in done.err


def test_what_validates_is_of_the_same_kind(tmp_path: Path) -> None:
    train, valid = (write(tmp_path / f"{n}.jsonl", rows) for n, rows in enumerate([inks(16, 0), line_pictures(8, 1)]))
    done = command("train", "handwriting-recognition", train, "--valid", valid, "--out", tmp_path / "run")
    assert done.code == 2
    assert "'ink'" in done.err.splitlines()[-1]


def test_letters_are_those_of_the_drawings() -> None:
    assert set("".join(row["text"] for row in inks(50, 0))) <= set(LETTERS)
