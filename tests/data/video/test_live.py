"""Videos that still come: a pipe, and a file that grows."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from clips import gif_of, moving, video_of
from rnnkit.data.attachments import Attachments
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.video import live
from rnnkit.data.video.live import frames_live
from rnnkit.data.video.sampling import Seeing

SEEING = Seeing(240, 16)
CLIP = moving(True, 30, np.random.default_rng(0))
STREAMED = video_of(CLIP, 10, "mpegts", "mpeg2video")


def test_a_pipe_gives_frames_while_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as source, open(writing, "wb", buffering=0) as target:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=source))

        def write() -> None:
            for start in range(0, len(STREAMED), 999):
                target.write(STREAMED[start : start + 999])
            target.close()

        writer = threading.Thread(target=write)
        writer.start()
        found = list(frames_live(None, SEEING))
        writer.join()
    assert [len(frame) for frame in found] == [1] * len(found)
    assert 28 <= len(found) <= 30


def test_what_comes_through_a_pipe_and_is_no_video_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"hello" * 1000)))
    with pytest.raises(BadRow, match="is no video"):
        list(frames_live(None, SEEING))


def test_a_file_that_grows_is_read_to_where_it_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 0.5)
    path = tmp_path / "camera.ts"
    path.write_bytes(STREAMED[: len(STREAMED) // 2])

    def grow() -> None:
        time.sleep(0.2)
        with path.open("ab") as file:
            file.write(STREAMED[len(STREAMED) // 2 :])

    writer = threading.Thread(target=grow)
    writer.start()
    found = list(frames_live(Attachments().find(str(path)), SEEING))
    writer.join()
    assert 28 <= len(found) <= 30


def test_files_that_are_whole_are_followed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    for name, data in (("a.gif", gif_of(CLIP)), ("a.mp4", video_of(CLIP))):
        (tmp_path / name).write_bytes(data)
        assert len(list(frames_live(Attachments().find(str(tmp_path / name)), SEEING))) == 30
