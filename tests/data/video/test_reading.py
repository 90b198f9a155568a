"""Videos as frames, whatever they are; which frames are seen; and what is refused."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from clips import address_of, gif_of, moving, sound_of, video_of
from rnnkit.data.attachments import Attachments
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.video.options import parsed_tiles
from rnnkit.data.video.reading import frames_a_second, frames_named, frames_of
from rnnkit.data.video.sampling import Sampler, Seeing
from rnnkit.errors import UserError

SEEING = Seeing(rate=240, size=24)
CHANCE = np.random.default_rng(0)
CLIP = moving(True, 20, CHANCE)
SMALL = Seeing(rate=240, size=16)


def read(data: bytes, seeing: Seeing = SEEING, name: str = "x") -> Any:
    return np.concatenate(list(frames_of(io.BytesIO(data), name, seeing)))


def picture(array: Any, kind: str = "PNG") -> bytes:
    made = io.BytesIO()
    Image.fromarray(array).save(made, kind)
    return made.getvalue()


def huge(kind: str) -> bytes:
    """The beginning of a picture that says it has 20,000 × 20,000 pixels."""
    if kind == "GIF":
        data = bytearray(gif_of(CLIP))
        data[6:10] = (20_000).to_bytes(2, "little") * 2
        return bytes(data)
    header = b"IHDR" + (20_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    end = zlib.crc32(header).to_bytes(4, "big") + b"\0\0\0\0IEND\xaeB`\x82"
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + header + end


def npz(**arrays: Any) -> bytes:
    made = io.BytesIO()
    np.savez(made, **arrays)
    return made.getvalue()


@pytest.mark.parametrize(
    ("kind", "codec"),
    [("mp4", "mpeg4"), ("matroska", "mpeg4"), ("avi", "mpeg4"), ("mpegts", "mpeg2video"), ("avi", "mjpeg")],
)
def test_a_video_is_its_frames(kind: str, codec: str) -> None:
    found = read(video_of(CLIP, 25, kind, codec))
    assert found.shape == (20, 24, 24, 1)
    assert found.dtype == np.uint8
    for shown, drawn in zip(found[..., 0], CLIP, strict=True):
        assert np.abs(shown.astype(int) - drawn).mean() < 15
        assert shown.mean(axis=0).argmax() == pytest.approx(drawn.mean(axis=0).argmax(), abs=5)


def test_an_animated_picture_a_folder_an_archive_and_arrays_are_the_same_frames(tmp_path: Path) -> None:
    assert np.array_equal(read(gif_of(CLIP))[..., 0], CLIP)
    folder, archive = tmp_path / "clip", tmp_path / "clips.zip"
    folder.mkdir()
    with zipfile.ZipFile(archive, "w") as into:
        for number, frame in enumerate(CLIP):
            (folder / f"frame{number}.png").write_bytes(picture(frame))  # 10 comes before 2 in the alphabet
            into.writestr(f"a/clip/frame{number}.png", picture(frame))
        into.writestr("a/clip/notes.txt", "no frame")
    (folder / "notes.txt").write_text("no frame")
    for files, name in ((Attachments([str(tmp_path)]), "clip"), (Attachments([str(archive)]), "a/clip")):
        found = np.concatenate(list(frames_named(files.find(name, "t.csv, row 1"), SEEING)))
        assert np.array_equal(found[..., 0], CLIP)
    assert np.array_equal(read(npz(frames=CLIP))[..., 0], CLIP)
    assert np.array_equal(read(npz(x=CLIP[..., None] / 255))[..., 0], CLIP)


def test_frames_in_one_picture_are_told_apart() -> None:
    padded = np.concatenate([CLIP[:7], np.zeros((1, 24, 24), np.uint8)])
    sheet = np.concatenate([np.concatenate(list(padded[row : row + 4]), axis=1) for row in (0, 4)])
    tiled = Seeing(rate=240, size=24, tiles=parsed_tiles("24x24"))
    assert np.array_equal(read(picture(sheet), tiled)[..., 0], CLIP[:7])  # the last tile is blank
    with pytest.raises(BadRow, match="expected tiles of 24 × 24, got a picture of 90 × 24"):
        read(picture(np.zeros((24, 90), np.uint8)), tiled)
    with pytest.raises(BadRow, match="no frames"):
        read(picture(np.zeros((24, 48), np.uint8)), tiled)
    for wrong in ("80", "0x4", "ax4", "8x8x8"):
        with pytest.raises(UserError, match="--tiles takes"):
            parsed_tiles(wrong)


def test_features_are_read_from_npz_and_parquet() -> None:
    features = CHANCE.normal(size=(9, 5)).astype(np.float32)
    assert np.array_equal(read(npz(features=features, other=np.ones(3))), features)
    for frame in (pl.DataFrame(features), pl.DataFrame({"f": features.tolist()})):
        file = io.BytesIO()
        frame.write_parquet(file)
        assert np.allclose(read(file.getvalue()), features)
    assert read(npz(x=CHANCE.normal(size=(9, 15, 2)))).shape == (9, 30)


def test_colours_and_sizes_are_as_asked_for() -> None:
    red = np.zeros((4, 30, 40, 3), np.uint8)
    red[..., 0] = 200
    assert read(npz(x=red), Seeing(10, 16, colour=True)).shape == (4, 16, 16, 3)
    assert read(npz(x=red), Seeing(10, 16, colour=True))[..., 0].min() == 200
    assert read(npz(x=red), Seeing(10, 16)).shape == (4, 16, 16, 1)


@pytest.mark.parametrize(
    ("own", "rate", "count"), [(30, 10, 20), (30, 15, 30), (25, 10, 24), (12, 15, 60), (30, 30, 60)]
)
def test_frames_are_seen_at_a_rate_and_never_twice(own: int, rate: float, count: int) -> None:
    clip = moving(True, 60, CHANCE)
    data = video_of(clip, own)
    assert len(read(data, Seeing(rate, 16))) == count
    files = Attachments()
    address = address_of(data)
    assert frames_a_second(files.find(address), Seeing(rate, 16)) == pytest.approx(min(own, rate))


def test_a_sampler_takes_the_first_frame_at_or_after_each_tick() -> None:
    sampler = Sampler(2)
    assert [sampler.wants(7 + n / 10) for n in range(11)] == [n in (0, 5, 10) for n in range(11)]
    late = Sampler(2)
    assert [late.wants(time) for time in (0, 0.9, 1.0, 5.0, 5.1, 5.6)] == [True, True, True, True, False, True]


TS = [
    video_of(moving(True, 10, CHANCE), 10, "mpegts", "mpeg2video"),
    video_of(np.zeros((9, 48, 64), np.uint8), 10, "mpegts", "mpeg2video"),
]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"hello" * 100, "is no video"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n", "no video|list of files"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "no video|list of files"),
        (video_of(CLIP)[:-200], "is damaged or cut off"),
        (video_of(CLIP, 10, "avi")[:-6000], "cut off"),
        (video_of(np.repeat(CLIP, 4, axis=0), 10, "matroska")[:1500], "cut off"),
        (gif_of(CLIP)[:2000], "is damaged or cut off"),
        (b"".join(TS), r"changes from 24 × 24 to 64 × 48"),
        (sound_of(), "sound alone"),
        (sound_of(kind="matroska"), "sound alone"),
        (picture(CLIP[0]), "is a picture, no video"),
        (picture(CLIP[0], "JPEG"), "is a picture, no video"),
        (picture(CLIP[0], "GIF"), "is a picture, no video"),
        (picture(CLIP[0], "WEBP"), "is a picture, no video"),
        (picture(CLIP[0], "ICO"), "is a picture, no video"),
        (huge("PNG"), "at most 100,000,000 pixels"),
        (huge("GIF"), "at most 100,000,000 pixels"),
        (npz(a=np.ones(3), b=np.ones(3)), "called features or frames"),
        (npz(x=np.zeros((0, 4))), "no frames"),
        (npz(x=np.zeros((0, 4, 4, 3), np.uint8)), "no frames"),
        (npz(x=np.array([[1.0, np.nan]])), "finite"),
        (npz(x=np.array(["a", "b"])), "numbers"),
        (npz(x=np.ones((2, 3)))[:60], "damaged"),
        (b"PAR1" + b"x" * 50, "damaged"),
        (npz(x=np.full((2, 4, 4, 5), 1, np.uint8)), "expected frames"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_whole_video_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadRow, match=reason) as found:
        read(data, SMALL)
    assert len(str(found.value).splitlines()) == 1


def test_frames_of_one_pixel_are_frames() -> None:
    assert read(gif_of(np.array([[[0]], [[100]], [[250]]], np.uint8)), SMALL).shape == (3, SMALL.size, SMALL.size, 1)


def test_a_video_that_is_too_long_is_refused_as_soon_as_that_is_seen() -> None:
    for data in (video_of(CLIP, 10), gif_of(CLIP, 100), npz(x=CLIP)):
        with pytest.raises(BadRow, match="at most"):
            read(data, Seeing(10, 16, longest=1.5))


def test_frames_of_a_folder_are_of_one_size_and_are_pictures(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "clip" / "1.png").write_bytes(picture(CLIP[0]))
    (tmp_path / "clip" / "2.png").write_bytes(picture(CLIP[0][:, :20]))
    files = Attachments([str(tmp_path)])
    with pytest.raises(BadRow, match="of one size"):
        list(frames_named(files.find("clip"), SMALL))
    (tmp_path / "clip" / "2.png").write_bytes(huge("PNG"))
    with pytest.raises(BadRow, match="at most 100,000,000 pixels"):
        list(frames_named(files.find("clip"), SMALL))
    (tmp_path / "clip" / "2.png").write_bytes(b"hello")
    with pytest.raises(BadRow, match=r"'2\.png' is no picture"):
        list(frames_named(files.find("clip"), SMALL))
    with pytest.raises(BadRow, match="no frames"):
        list(frames_named(files.find("empty"), SMALL))


def test_names_stay_inside_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.npz").write_bytes(npz(x=np.ones((2, 3))))
    files = Attachments([str(tmp_path / "in")])
    for name in ("../secret.npz", "a/../../secret.npz"):
        with pytest.raises(BadRow, match="leads out of"):
            files.find(name, f"{tmp_path / 'in' / 't.csv'}, row 1")
    with pytest.raises(BadRow, match=r"there is no file 'other\.mp4'"):
        files.find("other.mp4", "t.csv, row 1")
    assert Attachments().read("../secret.npz", f"{tmp_path / 'in' / 't.csv'}, row 1")  # beside the table, on purpose
