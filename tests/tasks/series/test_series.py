"""Series classification and tagging: what is chosen and reported, live series, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commandline import command, good
from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import SeriesClassification, SeriesTagging
from rnnkit.tasks.series.series_tagging import pieces_of
from tiny import Row, changing_waves, waves, write_rows

Opened = Callable[[str], Any]
SMALL: dict[str, Any] = {"hidden": 4, "embedding": 4, "batch": 8, "steps": 2, "validations": 1, "without": "frame"}


def table(path: Path, rows: list[Row]) -> str:
    write_rows(path, rows)
    return str(path)


def values(rows: list[Row], series: str = "s1") -> Any:
    return np.array([[row["x"], row["y"]] for row in rows if row["series"] == series], dtype=np.float32)


def test_scores_have_intervals_and_stand_beside_baselines(opened: Opened) -> None:
    run, tagger = opened("series-classification"), opened("series-tagging")
    score = run.result["validation"]
    assert score["accuracy_interval"][0] <= score["accuracy"] <= score["accuracy_interval"][1]
    assert score["accuracy"] > score["baseline"]["majority"]["accuracy"] == 0.5
    score = tagger.result["validation"]
    assert score["segment_f1_50"] > score["baseline"]["segment_f1_50"]
    assert score["confusion"]["labels"] == ["fast", "slow"]
    for trained, words in ((run, "| calibration error |"), (tagger, "| segment F1, overlap 50 % |")):
        card = (trained.folder / "README.md").read_text(encoding="utf-8")
        assert words in card
        assert "channels: x, y" in card


def test_arrays_are_series(opened: Opened) -> None:
    run, rows = opened("series-classification-forward"), waves(4, 2)
    found = run.predict([values(rows, f"s{n}") for n in range(4)])
    assert [answer.series for answer in found] == ["1", "2", "3", "4"]
    assert sum(found[0].probabilities.values()) == pytest.approx(1)
    assert run.predict(values(rows)) == run.predict([values(rows)])
    assert run.predict([]) == []


@pytest.mark.parametrize("length", [1, 3, 8, 9])
def test_a_live_series_ends_with_its_answer(length: int, opened: Opened) -> None:
    run = opened("series-classification-forward")
    own = values(waves(2, 3))[:length]
    steps = list(run.follow(own))
    assert len(steps) == -(-length // 3)
    assert steps[-1].probability == pytest.approx(run.predict([own])[0].probability, abs=1e-5)


def test_a_live_series_can_be_rewound(opened: Opened) -> None:
    live = opened("series-classification-forward").stream()
    own = values(waves(2, 3))[:6]
    assert [live.push(step) is None for step in own[:4]] == [True, True, False, True]
    before = live.state
    once = [live.push(step) for step in own[4:]]
    live.state = before
    assert [live.push(step) for step in own[4:]] == once


def test_following_steps_is_tagging_them(opened: Opened) -> None:
    tagger = opened("series-tagging-forward-unchained")
    own = values(changing_waves(2, 3))
    (answers,) = tagger.predict([own])
    steps = list(tagger.follow(own))
    assert [step.label for step in steps] == answers.labels
    assert [step.step for step in steps] == list(range(1, len(own) + 1))


def test_live_rows_have_their_answers_whichever_series_they_are_of(opened: Opened) -> None:
    tagger, rows = opened("series-tagging-forward-unchained"), changing_waves(2, 7)
    one, other = values(rows, "s0"), values(rows, "s1")
    both = [(name, x, y) for pair in zip(one, other, strict=False) for name, (x, y) in zip("ab", pair, strict=True)]
    text = "y,series,x\n" + "".join(f"{y},{name},{x}\n" for name, x, y in both)
    found = good("predict", tagger.folder, "-", "--follow", stdin=text).table
    assert [row["series"] for row in found] == [name for name, _, _ in both]
    for name, own in (("a", one), ("b", other)):
        labels = [row["predicted"] for row in found if row["series"] == name]
        assert labels == tagger.predict([own[: len(labels)]])[0].labels
    whole = good("predict", tagger.folder, "-", stdin=text).table
    assert sorted(row["predicted"] for row in whole) == sorted(row["predicted"] for row in found)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (np.zeros((3, 5)), r"series 1: expected steps of 2 channels \(x, y\), got \(3, 5\)"),
        (np.zeros((0, 2)), "expected steps of 2 channels"),
        (np.full((3, 2), np.nan), "series 1: expected finite numbers"),
    ],
)
def test_what_series_must_be(wrong: Any, words: str, opened: Opened) -> None:
    with pytest.raises(UserError, match=words):
        opened("series-classification").predict([wrong])


def test_labels_never_seen_are_errors(opened: Opened, tmp_path: Path) -> None:
    rows = [{**row, "label": "strange" if row["series"] == "s0" else row["label"]} for row in waves(2, 0)]
    path, steps = table(tmp_path / "new.csv", rows), sum(row["series"] == "s0" for row in rows)
    scores = opened("series-classification").evaluate(path)
    assert (scores["accuracy"], scores["unseen_labels"]) == (0.5, 1)
    scores = opened("series-tagging").evaluate(path)
    assert scores["unseen_labels"] == steps
    assert scores["worst"][0]["label"] == "a label never seen"


@pytest.mark.parametrize("case", ["series-classification", "series-tagging"])
def test_both_directions_have_no_answer_as_steps_come(case: str, opened: Opened) -> None:
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        opened(case).stream()
    done = command("predict", opened(case).folder, "-", "--follow", stdin="series,x,y\n")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)


def test_five_folds_validate_every_series_once(tmp_path: Path) -> None:
    path, names = table(tmp_path / "t.csv", waves(22, 0)), []
    for fold in range(1, 6):
        found = SeriesClassification(fold=f"{fold}/5", without="frame").read([path], [])
        own = [one.name for one in found.valid]
        assert not {*own} & {one.name for one in found.train}
        assert {one.labels for one in found.valid} == {("fast",), ("slow",)}
        names += own
    assert sorted(names) == sorted(f"s{n}" for n in range(22))
    with pytest.raises(UserError, match="leave one out"):
        SeriesClassification(fold="1/5", steps=1).fit(path, valid=path, out=tmp_path / "v")


def test_frames_follow_the_length_of_series(tmp_path: Path) -> None:
    long = [row for row in waves(20, 0) for _ in range(8)]
    data = SeriesClassification(**SMALL).fit(table(tmp_path / "t.csv", long), out=tmp_path / "r").config["data"]
    assert data["hop"] > 1
    assert data["window"] == 2 * data["hop"]


def test_array_files(tmp_path: Path) -> None:
    rows = waves(20, 0)
    series = [values(rows, f"s{n}") for n in range(20)]
    path, options = str(tmp_path / "t.npz"), {name: own for name, own in SMALL.items() if name != "without"}
    np.savez(path, values=np.concatenate(series), lengths=list(map(len, series)), labels=np.arange(20) % 2)
    trained = SeriesClassification(**options).fit(path, out=tmp_path / "r")
    assert trained.names == ["0", "1"]
    assert trained.evaluate(path)["examples"] == 20
    assert len(good("predict", trained.folder, path).table) == 20
    done = command("predict", trained.folder, "--file", path)
    assert (done.code, len(done.err.splitlines())) == (2, 1)


def test_pieces_cover_every_step() -> None:
    pieces = pieces_of(np.array([0, 7, 30, 300]), 20)
    assert set(range(300)) == {step for start, stop in pieces for step in range(start, stop)}
    assert (pieces[0] == [0, 7]).all()
    assert {stop - start for start, stop in pieces[1:]} == {20}
    for edge in (7, 30):
        assert not any(start < edge < stop for start, stop in pieces)


def test_what_a_fine_tuned_model_keeps(opened: Opened, tmp_path: Path) -> None:
    source, rows = opened("series-classification").folder, waves(30, 5)
    path = table(tmp_path / "t.csv", rows)
    with pytest.raises(UserError, match="keeps a run's channels, x, y; got y; choose"):
        SeriesClassification(steps=1, channels="y").fit(path, out=tmp_path / "o", start_from=source)
    odd = table(tmp_path / "o.csv", [{**row, "label": "odd"} for row in rows])
    with pytest.raises(UserError, match="keeps a run's labels, fast, slow; got odd too"):
        SeriesClassification(steps=1).fit(odd, out=tmp_path / "o", start_from=source)


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [
        (SeriesClassification, {"features": "colour"}, "--features takes now, values"),
        (SeriesClassification, {"pooling": "middle"}, "--pooling takes last, max"),
        (SeriesClassification, {"hop": 9, "window": 3}, "--window 3 is shorter than --hop 9"),
        (SeriesClassification, {"window": 1, "features": "changes"}, "--window 1 leaves nothing to see"),
        (SeriesClassification, {"fold": "7"}, "--fold takes a number of a number"),
        (SeriesTagging, {"window": 1, "features": "shape"}, "--window 1 leaves nothing to see"),
    ],
)
def test_bad_options(task: Any, options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        task(**SMALL, **options).fit(table(tmp_path / "t.csv", waves(20, 0)), out=tmp_path / "r")
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("case", ["series-classification-forward", "series-tagging-forward"])
def test_live_steps_are_checked_as_whole_series_are(case: str, opened: Opened) -> None:
    live = opened(case).stream()
    live.push(np.zeros(2))
    before = live.state
    for step, words in (
        (np.zeros(1), r"a step: expected steps of 2 channels \(x, y\), got \(1, 1\)"),
        (np.zeros((1, 2)), "expected steps of 2 channels"),
        (0.0, "expected steps of 2 channels"),
        ([np.nan, np.nan], "a step: expected finite numbers"),
        ([1e39, 0], "a step: expected finite numbers"),
        (["a", "b"], "a step: expected an array of numbers"),
    ):
        with pytest.raises(UserError, match=words):
            live.push(step)
    assert str(live.state) == str(before)


def test_series_of_two_files_with_one_name_are_answered_each(opened: Opened, tmp_path: Path) -> None:
    run, rows = opened("series-tagging"), changing_waves(2, 3)
    paths = [table(tmp_path / "1.csv", rows), table(tmp_path / "2.csv", rows[::-1])]
    alone = [run.predict_rows(path) for path in paths]
    for own, among in zip([*alone[0], *alone[1]], run.predict_rows(paths), strict=True):
        assert {**among, "probability": pytest.approx(among["probability"], abs=3e-6)} == own
    found = good("predict", run.folder, *paths).table
    assert len(found) == 2 * len(rows)
    assert {row["series"] for row in found} == {f"{name} ({path})" for name in ("s0", "s1") for path in paths}


def test_a_time_that_training_left_out_is_left_out_ever_after(tmp_path: Path) -> None:
    rows = [{**row, "time": "soon"} for row in waves(24, 0)]
    file, options = table(tmp_path / "t.csv", rows), {**SMALL, "without": "frame,time"}
    run = SeriesClassification(**options).fit(file, out=tmp_path / "r")
    assert len(run.predict_rows(table(tmp_path / "p.csv", rows[:9]))) == 9
    assert len(good("predict", run.folder, "-", stdin=(tmp_path / "p.csv").read_text()).table) == 1
    assert run.evaluate(table(tmp_path / "e.csv", waves(4, 1)))["examples"] == 4


def test_a_number_too_large_for_the_network(opened: Opened, tmp_path: Path) -> None:
    run, rows = opened("series-classification"), waves(2, 3)
    file = table(tmp_path / "t.csv", [{**rows[0], "x": "1e39"}, *rows[1:]])
    for verb, *more in (("predict",), ("predict", "--file"), ("evaluate",)):
        done = command(verb, run.folder, *more, file)
        assert (done.code, done.out) == (2, "")
        assert "row 2: expected a finite number in 'x', got '1e39'" in done.err
    far = run.predict(np.full((5, 2), 3e38, dtype=np.float32))[0]
    assert sum(far.probabilities.values()) == pytest.approx(1)


def test_names_with_commas_and_names_that_are_none(tmp_path: Path) -> None:
    rows = [{("Temp, C" if name == "y" else name): value for name, value in row.items()} for row in waves(24, 0)]
    file = table(tmp_path / "t.csv", rows)
    run = SeriesClassification(**{**SMALL, "channels": '"Temp, C", x'}).fit(file, out=tmp_path / "r")
    assert run.fitted.input.channels == ["Temp, C", "x"]
    for options, words in (
        ({"without": "frame,Temp"}, "got 'Temp'; names with commas go in double quotes"),
        ({"column": "seris=series"}, "OURS being one of series, time, label; got 'seris'"),
        ({"column": "time=frme"}, "has no column 'frme'"),
        ({"column": "series=a,series=b"}, "each once"),
    ):
        with pytest.raises(UserError, match=words):
            SeriesClassification(**{**SMALL, **options}).fit(file, out=tmp_path / "o")
    done = command("predict", run.folder, file, "--column", "Temp=x")
    assert (done.code, done.out) == (2, "")
    assert "got 'Temp'" in done.err
