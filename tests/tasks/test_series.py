"""Series classification and tagging, end to end on made-up waves."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rnnkit.tasks.series_classifier import SeriesClassifier
from rnnkit.tasks.series_moments import Moments
from rnnkit.tasks.series_tagger import SeriesTagger
from rnnkit.tasks.series_training import cut

from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import SeriesClassification, SeriesTagging

SMALL: dict[str, Any] = {"hidden": 8, "embedding": 8, "batch": 8, "steps": 60, "learning_rate": 0.02, "validations": 3}


def waves(count: int, seed: int = 0, *, changing: bool = False) -> list[list[tuple[str, float, float]]]:
    """Fast and slow waves; where `changing`, from one to the other and back: a label, and two channels, a step."""
    chance, made = random.Random(seed), []
    for number in range(count):
        length, phase, kind, own = chance.randint(20, 40), 0.0, number % 2, []
        for step in range(length):
            kind = 1 - kind if changing and step and step % 12 == 0 else kind
            phase += 1.8 if kind else 0.4
            own.append(("fast" if kind else "slow", math.sin(phase), chance.gauss(0, 0.1)))
        made.append(own)
    return made


def write(path: Path, series: list[list[tuple[str, float, float]]]) -> str:
    rows = [f"s{n},{t},{label},{x},{y}" for n, own in enumerate(series) for t, (label, x, y) in enumerate(own)]
    path.write_text("\n".join(["series,frame,label,x,y", *rows]) + "\n")
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SeriesClassifier:
    folder = tmp_path_factory.mktemp("series")
    train, valid = write(folder / "train.csv", waves(60)), write(folder / "valid.csv", waves(20, 1))
    options = {**SMALL, "direction": "forward", "hop": 3, "window": 6, "without": "frame", "pooling": "last+max"}
    return SeriesClassification(**options).fit(train, valid=valid, out=folder / "r")


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> SeriesTagger:
    folder = tmp_path_factory.mktemp("steps")
    train, valid = (write(folder / f"{n}.csv", waves(40, n, changing=True)) for n in (0, 1))
    options = {**SMALL, "steps": 80, "direction": "forward", "without": "frame", "window": 4, "piece": 20}
    return SeriesTagging(**options, chain=False).fit(train, valid=valid, out=folder / "r")


def values(series: list[tuple[str, float, float]]) -> Any:
    return np.array([numbers for _, *numbers in series], dtype=np.float32)


def test_it_learns_and_reports(run: SeriesClassifier) -> None:
    score = run.config["result"]["validation"]
    assert score["accuracy"] > 0.9
    assert score["accuracy_interval"][0] <= score["accuracy"] <= score["accuracy_interval"][1]
    assert score["baseline"]["majority"]["accuracy"] == 0.5
    for name in ("README.md", "confusion.png", "reliability.png", "loss.png", "config.json", "series.json"):
        assert (run.folder / name).stat().st_size
    assert "| accuracy |" in (run.folder / "README.md").read_text()
    assert run.config["channels"] == ["x", "y"]


def test_tagging_learns_and_reports(tagger: SeriesTagger) -> None:
    score = tagger.config["result"]["validation"]
    assert score["accuracy"] > score["baseline"]["accuracy"] + 0.2
    assert score["segment_f1_50"] > score["baseline"]["segment_f1_50"]
    assert score["confusion"]["labels"] == ["fast", "slow"]
    for name in ("README.md", "confusion.png", "loss.png", "config.json"):
        assert (tagger.folder / name).stat().st_size
    assert "segment F1, overlap 50 %" in (tagger.folder / "README.md").read_text()


def test_answers_do_not_depend_on_company(run: SeriesClassifier) -> None:
    series = [values(own) for own in waves(5, 2)]
    together = run.predict(series)
    assert [answer.series for answer in together] == ["1", "2", "3", "4", "5"]
    for own, answer in zip(series, together, strict=True):
        (alone,) = run.predict([own])
        assert alone.probability == pytest.approx(answer.probability, abs=1e-6)
        assert sum(alone.probabilities.values()) == pytest.approx(1)
    assert run.predict([]) == []


def test_following_a_series_ends_with_its_answer(run: SeriesClassifier) -> None:
    for length in (1, 3, 20, 22):
        own = values(waves(2, 3)[1])[:length]
        steps = list(run.follow(own))
        assert len(steps) == -(-length // 3)
        assert steps[-1].probability == pytest.approx(run.predict([own])[0].probability, abs=1e-5)


def test_following_steps_is_tagging_them(tagger: SeriesTagger) -> None:
    own = values(waves(1, 3, changing=True)[0])
    (answers,) = tagger.predict([own])
    steps = list(tagger.follow(own))
    assert [step.label for step in steps] == answers.labels
    assert [step.probability for step in steps] == pytest.approx(answers.probabilities, abs=1e-5)
    assert [step.step for step in steps] == list(range(1, len(own) + 1))


def test_what_series_must_be(run: SeriesClassifier) -> None:
    for wrong, words in (
        (np.zeros((3, 5)), r"series 1: expected steps of 2 channels \(x, y\), got \(3, 5\)"),
        (np.zeros((0, 2)), "expected steps of 2 channels"),
        (np.full((3, 2), np.nan), "series 1: expected finite numbers"),
    ):
        with pytest.raises(UserError, match=words):
            run.predict([wrong])


def test_labels_never_seen_are_errors(run: SeriesClassifier, tagger: SeriesTagger, tmp_path: Path) -> None:
    odd = [[("strange", x, y) for _, x, y in waves(1)[0]], waves(2)[1]]
    path = write(tmp_path / "new.csv", odd)
    scores = run.evaluate(path)
    assert (scores["accuracy"], scores["unseen_labels"]) == (0.5, 1)
    scores = tagger.evaluate(path)
    assert scores["unseen_labels"] == len(odd[0])
    assert scores["worst"][0]["label"] == "a label never seen"


@pytest.mark.parametrize("task", [SeriesClassification, SeriesTagging])
def test_both_directions_have_no_answer_as_steps_come(task: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", waves(20))
    trained = task(**{**SMALL, "steps": 2}).fit(path, out=tmp_path / "r")
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        list(trained.follow(np.zeros((3, 3))))
    assert len(trained.predict([np.zeros((3, 3))])) == 1


def test_five_folds_validate_every_series_once(tmp_path: Path) -> None:
    path, names = write(tmp_path / "t.csv", waves(22)), []
    for fold in range(1, 6):
        found = SeriesClassification(fold=f"{fold}/5").read([path], None)
        own = [one.name for one in found.valid]
        assert not {*own} & {one.name for one in found.train}
        assert {one.labels for one in found.valid} == {("fast",), ("slow",)}
        names += own
    assert sorted(names) == sorted(f"s{n}" for n in range(22))
    with pytest.raises(UserError, match="leave one away"):
        SeriesClassification(fold="1/5", steps=1).fit(path, valid=path, out=tmp_path / "v")


def test_sizes_follow_the_data(tmp_path: Path) -> None:
    long = [[(label, x, y) for label, x, y in own for _ in range(8)] for own in waves(20)]
    trained = SeriesClassification(**{**SMALL, "steps": 1}).fit(write(tmp_path / "t.csv", long), out=tmp_path / "r")
    data = trained.config["data"]
    assert data["hop"] > 1
    assert data["window"] == 2 * data["hop"]


def test_arrays_are_read(tmp_path: Path) -> None:
    series = [values(own) for own in waves(20)]
    np.savez(
        tmp_path / "t.npz", values=np.concatenate(series), lengths=list(map(len, series)), labels=np.arange(20) % 2
    )
    trained = SeriesClassification(**{**SMALL, "steps": 2}).fit(str(tmp_path / "t.npz"), out=tmp_path / "r")
    assert trained.names == ["0", "1"]
    assert len(trained.answers_of([str(tmp_path / "t.npz")])) == 20


def test_pieces_cover_every_step() -> None:
    moments = Moments(np.zeros((300, 1), np.float32), np.array([0, 7, 30, 300]))
    pieces = cut(moments, 20)
    assert set(range(300)) == {step for start, stop in pieces for step in range(start, stop)}
    assert (pieces[0] == [0, 7]).all()
    assert {stop - start for start, stop in pieces[1:]} == {20}
    for edge in (7, 30):
        assert not any(start < edge < stop for start, stop in pieces)


def test_what_a_refined_model_keeps(run: SeriesClassifier, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", waves(30, 5))
    with pytest.raises(UserError, match="keeps its channels, x, y; got y; choose"):
        SeriesClassification(steps=1, channels="y").fit(path, out=tmp_path / "o", start_from=run.folder)
    other = write(tmp_path / "o.csv", [[("odd", x, y) for _, x, y in own] for own in waves(20)])
    with pytest.raises(UserError, match="keeps its labels, fast, slow; got odd"):
        SeriesClassification(steps=1).fit(other, out=tmp_path / "o", start_from=run.folder)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"features": "colour"}, "--features takes now, values"),
        ({"pooling": "middle"}, "--pooling takes last, max"),
        ({"hop": 9, "window": 3}, "--window 3 is shorter than --hop 9"),
        ({"window": 1, "features": "changes"}, "--window 1 leaves nothing to see"),
        ({"fold": "7"}, "--fold takes a number of a number"),
    ],
)
def test_bad_options(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        SeriesClassification(**SMALL, **options).fit(write(tmp_path / "t.csv", waves(20)), out=tmp_path / "r")
    assert not (tmp_path / "r").exists()


def command(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    from rnnkit.cli.main import main

    with pytest.raises(SystemExit) as done:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return int(done.value.code or 0), said.out, said.err


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_commands(run: SeriesClassifier, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "t.csv", waves(10, 2))
    code, out, _ = command(capsys, "evaluate", run.folder, path, "--json")
    assert code == 0
    assert json.loads(out)["baseline"]["majority"]["accuracy"] == 0.5
    assert "worst mistakes" in command(capsys, "evaluate", run.folder, path)[1]
    rows = rows_of(command(capsys, "predict", run.folder, path)[1])
    assert [row["series"] for row in rows] == [f"s{n}" for n in range(10)]
    assert set(rows[0]) == {"series", "predicted", "probability"}
    lines = command(capsys, "predict", run.folder, path, "--follow", "--json")[1].splitlines()
    assert len(lines) == sum(-(-len(own) // 3) for own in waves(10, 2))
    code, _, err = command(capsys, "predict", run.folder, tmp_path / "none.csv")
    assert (code, len(err.splitlines())) == (2, 1)
    (tmp_path / "bad.csv").write_text("series,label,x\na,u,1\nb,v,one\n")
    code, _, err = command(capsys, "train", "series-classification", tmp_path / "bad.csv", "--out", tmp_path / "x")
    assert code == 2
    assert "row 3: expected a number in 'x', got 'one'" in err
    assert not (tmp_path / "x").exists()


def test_live_rows_have_their_answers_whichever_series_they_are_of(
    tagger: SeriesTagger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (values(own) for own in waves(2, 7, changing=True))
    both = [(name, x, y) for pair in zip(one, other, strict=False) for name, (x, y) in zip("ab", pair, strict=True)]
    text = "y,series,x\n" + "".join(f"{y},{name},{x}\n" for name, x, y in both)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    rows = rows_of(command(capsys, "predict", tagger.folder, "-", "--follow")[1])
    assert [row["series"] for row in rows] == [name for name, _, _ in both]
    length = len(both) // 2
    for name, own in (("a", one), ("b", other)):
        labels = [row["predicted"] for row in rows if row["series"] == name]
        assert labels == tagger.predict([own[:length]])[0].labels
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    whole = rows_of(command(capsys, "predict", tagger.folder, "-")[1])
    assert sorted(row["predicted"] for row in whole) == sorted(row["predicted"] for row in rows)
