"""Describing made-up videos: what moves is said, in every form; frames are thinned evenly; where it looked and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clips import described, gif_of, moving
from commandline import command, good
from rnnkit.data.attachments import Attachments
from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.video.options import VideoOptions
from rnnkit.errors import UserError
from rnnkit.tasks import VideoCaptioning
from tiny import one_thread

CLIP = moving(True, 8, np.random.default_rng(3), side=5)
SMALL: dict[str, Any] = {"hidden": 24, "embedding": 24, "batch": 8, "learning_rate": 0.01, "validations": 2, "seed": 1}


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("captions") / "run"
    return VideoCaptioning(size=16, rate=15, steps=250, dropout=0, **SMALL).fit(described(64, 0), out=out)


def test_it_says_what_moves_in_videos_never_seen(trained: Any) -> None:
    scores = trained.evaluate(described(24, 7))
    assert scores["bleu_4"] > 95
    assert scores["distinct_captions"] >= 4
    assert scores["bleu_4"] > scores["baseline"]["majority"]["bleu_4"] + 10
    assert scores["baseline"]["name"] == "the nearest video's caption"


def test_one_video_or_many_in_every_form(trained: Any, tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(gif_of(CLIP))
    (tmp_path / "frames").mkdir()
    for number, frame in enumerate(CLIP):
        Image.fromarray(frame).save(tmp_path / "frames" / f"{number}.png")
    forms = [CLIP, np.repeat(CLIP[..., None], 3, axis=3), tmp_path / "a.gif", str(tmp_path / "frames")]
    (wanted,) = trained.predict(CLIP)
    assert wanted.text == "a small square goes to the right"
    assert [answer.text for answer in trained.predict(forms)] == [wanted.text] * len(forms)
    assert trained.predict(tmp_path / "a.gif")[0].video == str(tmp_path / "a.gif")
    assert good("predict", trained.folder, tmp_path / "a.gif", tmp_path / "frames").out == 2 * f"{wanted.text}\n"


def test_rows_of_one_video_are_its_captions(tmp_path: Path, trained: Any) -> None:
    (tmp_path / "a.gif").write_bytes(gif_of(CLIP))
    rows = [{"video": name, "caption": text} for name, text in (("a.gif#0", "it moves"), ("a.gif#1", "to the right"))]
    task = trained.task.choosing(data=trained.task.data)
    (tmp_path / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (record,) = task.records([str(tmp_path / "t.jsonl")], trained.fitted)
    assert record.labels["target"] == ("it moves", "to the right")
    one = {"caption": "x", "video": [[1.0, 2.0]] * 3}
    assert len(VideoCaptioning().records([[one, one]])) == 2  # features in the table are a video a row


@pytest.mark.parametrize(("frames", "most", "kept"), [(9, 4, [0, 3, 5, 8]), (9, 9, list(range(9))), (3, 9, [0, 1, 2])])
def test_of_a_longer_video_frames_are_evenly_spaced(frames: int, most: int, kept: list[int], tmp_path: Path) -> None:
    features = np.arange(frames, dtype=np.float64)[:, None].repeat(2, axis=1)
    np.savez(tmp_path / "x.npz", features)
    column = VideoColumn.of(VideoOptions(), 4, most=most)
    for cell in (features, str(tmp_path / "x.npz")):
        assert column.read(cell, Attachments(), "")[:, 0].tolist() == kept


def test_where_it_looked_along_the_frames_and_why(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.gif").write_bytes(gif_of(CLIP))
    (answer,) = trained.predict("a.gif", attention="looks.png")
    trained.predict("a.gif", attention="looks.json")
    facts = json.loads(Path("looks.json").read_text())
    assert facts["source"] == [str(number) for number in range(1, len(CLIP) + 1)]
    assert np.allclose(np.sum(facts["weights"], axis=1), 1, atol=1e-3)
    explanation = trained.explain("a.gif", "right")
    assert [reason.label for reason in explanation.reasons] == [f"{len(answer.text.split())}: right"]
    assert len(explanation.reasons[0].rows) == len(CLIP)
    good("explain", trained.folder, "a.gif", "--label", "right", "--draw", "why.png", "--html", "why.html")
    done = command("explain", trained.folder, "a.gif", "--draw", "why.jpg")
    assert (done.code, done.out) == (2, "")
    assert "--draw takes a file that ends in .png" in done.err
    assert Path("why.html").read_text().count("data:image/png;base64") == len(CLIP)
    for name in ("looks.png", "why.png"):
        with Image.open(name) as picture:
            assert picture.width > 300


def test_features_of_frames_are_described_too(tmp_path: Path) -> None:
    chance, rows = np.random.default_rng(0), []
    for number in range(48):
        wave = (1 if number % 2 else -1) * np.linspace(-1, 1, int(chance.integers(5, 9)))
        features = np.stack([wave, chance.normal(0, 0.1, len(wave))], axis=1)
        rows.append({"video": features.tolist(), "caption": "it rises" if number % 2 else "it falls"})
    run = VideoCaptioning(steps=60, dropout=0, **SMALL).fit(rows, out=tmp_path / "run")
    assert [one.text for one in run.predict([row["video"] for row in rows[:2]])] == ["it falls", "it rises"]
    explanation = run.explain(rows[0]["video"])
    assert explanation.of.pictures is None
    run.predict(rows[0]["video"], attention=str(tmp_path / "looks.png"))
    assert (tmp_path / "looks.png").is_file()


def test_what_cannot_be_described_is_said(trained: Any, tmp_path: Path) -> None:
    for wrong in ("none.mp4", 5, [[]], b"x"):
        with pytest.raises(UserError, match="expected"):
            trained.predict(wrong)
    for options in ({"sentences": "en"}, {"keep_tokens": ("{x}",)}):
        with pytest.raises(UserError, match="inputs that are texts"):
            trained.predict(CLIP, **options)
    with pytest.raises(UserError, match="videos have none"):
        VideoCaptioning(copied=True, steps=1, size=16, **SMALL).fit(described(24, 0), out=tmp_path / "copied")
    (tmp_path / "t.csv").write_text("video,caption\nnone.gif,a\n")
    done = command("train", "video-captioning", tmp_path / "t.csv", "--out", tmp_path / "run")
    assert (done.code, done.out) == (2, "")
    assert "row 2" in done.err
    assert "there is no file 'none.gif'" in done.err
