"""Labelling made-up drawings: by groups held out whole, in every form of ink; what is none is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commandline import good
from drawings import letters
from rnnkit.errors import UserError
from rnnkit.tasks import InkClassification
from tiny import one_thread

SMALL: dict[str, Any] = {"hidden": 12, "embedding": 12, "batch": 8, "learning_rate": 0.01, "validations": 2, "seed": 1}


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    with one_thread():
        yield


def drawn_by(count: int, seed: int) -> list[dict[str, str]]:
    return [{**row, "writer": f"w{number // 6}"} for number, row in enumerate(letters(count, seed))]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("ink") / "run"
    return InkClassification(spacing=0.1, steps=60, group="writer", **SMALL).fit(drawn_by(96, 0), out=out)


def test_it_knows_letters_of_writers_never_seen(trained: Any) -> None:
    scores = trained.evaluate(letters(30, 7))
    assert scores["accuracy"] > 0.9
    assert scores["accuracy"] > scores["baseline"]["majority"]["accuracy"] + 0.3


def test_one_drawing_or_many_in_every_form(trained: Any, tmp_path: Path) -> None:
    row = letters(1, 3)[0]
    strokes = json.loads(row["ink"])
    (tmp_path / "one.json").write_text(row["ink"])
    for given in (strokes, row["ink"], {"strokes": strokes}, str(tmp_path / "one.json")):
        (answer,) = trained.predict(given)
        assert answer.label == row["label"]
    assert len(trained.predict([strokes, strokes])) == 2
    out = good("predict", trained.folder, tmp_path / "one.json", row["ink"]).out
    assert out.split() == [row["label"]] * 2


@pytest.mark.parametrize("given", ["", "[]", "[[[1, 2]], 3]", "<ink/>", 5, [[1, 2]], [[[1, 2], [3, float("inf")]]]])
def test_what_is_no_drawing_is_said(trained: Any, given: Any) -> None:
    with pytest.raises(UserError, match="expected"):
        trained.predict(given)


def test_an_answer_is_explained_by_its_points(trained: Any) -> None:
    row = letters(2, 3)[1]
    explanation = trained.explain(row["ink"])
    assert explanation.to_json()
