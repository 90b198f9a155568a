"""Labelling made-up videos: by groups held out whole, in every form; frozen encoders; live; what is none is said."""

from __future__ import annotations

import csv
import json
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from clips import clips, gif_of, moving, several, video_of
from commandline import command, good
from rnnkit.data.video import looking
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks import VideoTagging
from rnnkit.tasks.video.video_predictor import VideoPrediction
from tiny import one_thread

SMALL: dict[str, Any] = {"hidden": 12, "embedding": 12, "batch": 8, "learning_rate": 0.01, "validations": 2, "seed": 1}
CHANCE = np.random.default_rng(3)
CLIP = moving(True, 8, CHANCE)


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def by_person(count: int, seed: int) -> list[dict[str, str]]:
    return [{**row, "person": f"p{number // 6}"} for number, row in enumerate(clips(count, seed))]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("video") / "run"
    return VideoTagging(size=16, steps=80, group="person", direction="forward", **SMALL).fit(by_person(96, 0), out=out)


def points(count: int, seed: int) -> list[dict[str, Any]]:
    """Features: points that go round one way or the other."""
    chance, made = np.random.default_rng(seed), []
    for number in range(count):
        angles = (1 if number % 2 else -1) * 0.5 * np.arange(chance.integers(8, 14)) + chance.uniform(0, 6)
        pose = np.stack([np.cos(angles), np.sin(angles), chance.normal(0, 0.1, len(angles))], axis=1)
        made.append({"video": pose.tolist(), "label": "left" if number % 2 else "right"})
    return made


def test_it_knows_what_moves_in_videos_never_seen(trained: Any) -> None:
    scores = trained.evaluate(clips(30, 7))
    assert scores["accuracy"] > 0.9
    assert scores["mean_average_precision"] > 0.9
    assert scores["accuracy"] > scores["baseline"]["majority"]["accuracy"] + 0.3


def test_one_video_or_many_in_every_form(trained: Any, tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(gif_of(CLIP))
    (tmp_path / "a.mp4").write_bytes(video_of(CLIP))
    np.savez(tmp_path / "a.npz", CLIP)
    forms = [CLIP, np.repeat(CLIP[..., None], 3, axis=3), torch.from_numpy(CLIP), *map(str, tmp_path.glob("a.*"))]
    for given in forms:
        (answer,) = trained.predict(given)
        assert answer.label == "right"
    assert [answer.label for answer in trained.predict(forms)] == ["right"] * len(forms)
    out = good("predict", trained.folder, tmp_path / "a.gif", tmp_path / "a.mp4").out
    assert [row["predicted"] for row in csv.DictReader(out.splitlines())] == ["right", "right"]


def test_a_label_comes_after_every_frame(trained: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(gif_of(CLIP))
    (whole,) = trained.predict(str(path))
    followed = list(trained.follow(str(path)))
    assert [answer.frame for answer in followed] == list(range(1, len(CLIP) + 1))
    live = trained.stream()
    pushed = [live.push(frame) for frame in CLIP]
    for last in (followed[-1], pushed[-1]):
        assert last.probability == pytest.approx(whole.probability, abs=1e-5)
    live.state = trained.stream().state
    assert live.push(CLIP[0]) == pushed[0]
    for wrong in ("x", np.zeros(3), np.zeros((2, 2, 2, 2)), None):
        with pytest.raises(UserError, match="a frame: expected"):
            live.push(wrong)


def test_a_long_video_is_encoded_in_pieces_to_the_same_answer(trained: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = moving(True, 40, CHANCE)
    (whole,) = trained.predict(clip)
    for piece in (1, 7, 39):
        monkeypatch.setattr("rnnkit.tasks.video.encoding.PIECE", piece)
        (pieced,) = trained.predict(clip)
        assert pieced.probability == pytest.approx(whole.probability, abs=1e-5)


def test_a_network_that_reads_forward_keeps_none_of_a_long_video(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(video_of(moving(True, 300, CHANCE)))
    (whole,) = trained.predict(str(path))
    kept, most = set[int](), 0
    read = trained.fitted.input.reader.blocks

    def watched(*told: Any) -> Iterator[Any]:
        nonlocal most
        for block in read(*told):
            own = block.copy()
            kept.add(id(own))
            weakref.finalize(own, kept.discard, id(own))
            most = max(most, len(kept))
            yield own

    monkeypatch.setattr("rnnkit.data.video.clips.ClipReader.blocks", lambda self, *told: watched(*told))
    monkeypatch.setattr("rnnkit.tasks.video.encoding.PIECE", 16)
    (answer,) = trained.respond([str(path)], VideoPrediction(), {})
    assert answer.label == whole.label
    assert answer.probability == pytest.approx(whole.probability, abs=1e-5)
    assert 1 <= most <= 2


def test_several_files_are_answered_together_as_each_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = VideoTagging(size=16, steps=2, **SMALL).fit(clips(16, 0), out=tmp_path / "run")
    paths = [tmp_path / f"{number}.gif" for number in range(5)]
    for number, path in enumerate(paths):
        path.write_bytes(gif_of(moving(number % 2 > 0, 5 + number, CHANCE)))
    alone = [run.predict(str(path))[0] for path in paths]
    for at_once in (2, 64):
        monkeypatch.setattr("rnnkit.tasks.perceived_predictor.AT_ONCE", at_once)
        together = good("predict", run.folder, *paths, "--json").objects
        assert [one["input"] for one in together] == [str(path) for path in paths]
        for one, own in zip(together, alone, strict=True):
            assert one["probabilities"] == pytest.approx(own.probabilities, abs=1e-5)
    paths[3].write_bytes(b"no video")
    done = command("predict", run.folder, *paths)
    assert (done.code, done.out) == (2, "")
    assert "3.gif" in done.err
    assert len(done.err.splitlines()) == 1


def test_attention_is_shown_along_the_frames(tmp_path: Path) -> None:
    run = VideoTagging(size=16, steps=2, pooling="attention+max", **SMALL).fit(clips(16, 0), out=tmp_path / "run")
    of = run.explain(CLIP).of
    assert of.attention is not None
    assert sum(of.attention) == pytest.approx(1, abs=1e-5)
    vectors = SequenceBatch.full(of.vectors[None])
    steps, _ = run.model.core(vectors)
    weighed = (steps.data[0] * torch.tensor(of.attention)[:, None]).sum(dim=0)
    pooled = run.model.from_vectors(vectors)[0][0, : len(weighed)]
    assert torch.allclose(pooled, weighed, atol=1e-5)
    (tmp_path / "a.gif").write_bytes(gif_of(CLIP))
    out = good("explain", tmp_path / "run", tmp_path / "a.gif", "--draw", tmp_path / "why.png", "--json").out
    assert json.loads(out)["attention"] == pytest.approx(of.attention, abs=1e-5)
    assert (tmp_path / "why.png").is_file()


@pytest.mark.parametrize("given", ["", "none.mp4", 5, [[]], [[1, 2], [3]], [[1.0, float("nan")]], np.zeros((3, 4))])
def test_what_is_no_video_is_said(trained: Any, given: Any) -> None:
    with pytest.raises(UserError, match="expected"):
        trained.predict(given)


def test_bad_rows_are_named_and_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "whole.gif").write_bytes(gif_of(CLIP))
    (tmp_path / "cut.gif").write_bytes(gif_of(CLIP)[:900])
    (tmp_path / "out").mkdir()
    rows = [("whole.gif", n % 2) for n in range(24)]
    for bad, reason in (("cut.gif", "cut off"), ("none.gif", "there is no file"), ("../cut.gif", "leads out of")):
        with (tmp_path / "t.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("video", "label"), *rows, (bad, 1)])
        told = ("train", "video-tagging", tmp_path / "t.csv", "--files", tmp_path, "--out", tmp_path / "run")
        done = command(*told, "--steps", 1)
        assert (done.code, done.out) == (2, "")
        assert reason in done.err
        assert "row 26" in done.err
        assert not (tmp_path / "run").exists()
    assert "left out 1 of 25 rows" in good(*told, "--steps", 1, "--size", 16, "--bad-rows", "skip").err


def test_any_number_of_labels_is_scored_by_their_ranks(tmp_path: Path) -> None:
    run = VideoTagging(size=16, steps=80, multi_label=True, **SMALL).fit(several(64, 0), out=tmp_path / "run")
    scores = run.evaluate(several(30, 7))
    assert {"hit_at_1", "gap_at_20", "mean_average_precision", "micro_f1"} <= set(scores)
    assert scores["gap_at_20"] > scores["baseline"]["majority"]["gap_at_20"]
    (answer,) = run.predict(CLIP)
    assert "right" in answer.label


def test_features_of_frames_are_learned_from(tmp_path: Path) -> None:
    run = VideoTagging(steps=60, **SMALL).fit(points(64, 0), out=tmp_path / "run")
    assert run.evaluate(points(30, 7))["accuracy"] > 0.9
    one = points(1, 9)[0]["video"]
    assert run.predict(one) == run.predict([np.array(one)])
    with pytest.raises(UserError, match="expected 3 features of a frame, as in training, got 2"):
        run.predict(np.ones((4, 2)))
    with pytest.raises(UserError, match="expected features of frames, as in training, got frames"):
        run.predict(CLIP)
    with pytest.raises(UserError, match="all frames, or all features"):
        VideoTagging(**SMALL).fit([*points(8, 0), *clips(8, 0)], out=tmp_path / "other")


def test_what_a_frozen_encoder_saw_is_kept_and_never_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def features(name: str) -> Any:
        def look(pixels: torch.Tensor) -> torch.Tensor:
            looks.append(len(pixels))
            return torch.nn.functional.avg_pool2d(pixels, 8)

        return look

    monkeypatch.setattr(looking, "picture_features", features)
    rows = clips(24, 0)
    task = VideoTagging(encoder="efficientnet-lite0", size=32, steps=2, **SMALL)
    run = task.fit(rows, out=tmp_path / "run")
    seen = len(looks)
    assert seen >= 24
    assert run.evaluate(rows) == task.fit(rows, out=tmp_path / "again").evaluate(rows)
    assert len(looks) == seen
    assert list((tmp_path / "cache" / "rnnkit" / "frames").glob("*.npy"))
    VideoTagging(encoder="efficientnet-lite0", size=48, steps=2, **SMALL).fit(rows, out=tmp_path / "larger")
    assert len(looks) > seen


def test_patches_are_learned_and_kept_with_the_run(tmp_path: Path) -> None:
    run = VideoTagging(encoder="patches", size=32, steps=20, **SMALL).fit(clips(24, 0), out=tmp_path / "run")
    assert (tmp_path / "run" / "patches.safetensors").is_file()
    import rnnkit

    rows = clips(6, 4)
    again = rnnkit.load(tmp_path / "run")
    assert again.evaluate(rows) == run.evaluate(rows)
    assert [one.label for one in again.predict([row["video"] for row in rows])]
    (tmp_path / "run" / "patches.safetensors").unlink()
    with pytest.raises(UserError, match=r"patches\.safetensors"):
        rnnkit.load(tmp_path / "run")


def test_an_answer_is_explained_along_the_frames(trained: Any, tmp_path: Path) -> None:
    explanation = trained.explain(CLIP)
    assert len(explanation.reasons[0].rows) == len(CLIP)
    assert json.dumps(explanation.to_json())
    (tmp_path / "a.gif").write_bytes(gif_of(CLIP))
    good("explain", trained.folder, tmp_path / "a.gif", "--html", tmp_path / "why.html")
    assert (tmp_path / "why.html").read_text().count("data:image/png;base64") == len(CLIP)
