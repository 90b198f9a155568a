"""Sound files as samples, whatever they are, and what is refused."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
import soxr
from PIL import Image

from rnnkit.data.sound.reading import Resampler, blocks_of, read_sound, rounded, samples_of
from rnnkit.data.tables.bad_rows import BadRow
from sounds import file_of, hiss, tone


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 40), (9, 9, 9)).save(made, "PNG")
    return made.getvalue()


@pytest.mark.parametrize(("kind", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16")])
def test_16_bits_at_the_same_rate_come_back_to_the_bit(kind: str, subtype: str) -> None:
    samples = hiss(5000)
    assert np.array_equal(read_sound(file_of(samples, 8000, kind, subtype), 8000, 10), samples)


@pytest.mark.parametrize(
    ("kind", "subtype"), [("WAV", "PCM_24"), ("WAV", "PCM_U8"), ("WAV", "FLOAT"), ("OGG", "VORBIS"), ("MP3", None)]
)
@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_any_file_is_the_same_tone(kind: str, subtype: str | None, rate: int) -> None:
    found = read_sound(file_of(tone(1.0, rate), rate, kind, subtype), 8000, 10)
    assert abs(len(found) - 8000) < 1500  # MP3 and its like pad both ends
    spectrum = np.abs(np.fft.rfft(found[1000:5000] * np.hanning(4000)))
    assert spectrum.argmax() * 2 == 440
    assert np.abs(found[1000:5000]).max() == pytest.approx(0.3 * 32768, rel=0.2)


def test_eight_channels_at_96_khz_are_averaged() -> None:
    one = tone(0.5, 96000)
    found = read_sound(file_of(np.stack([2 * n / 7 * one for n in range(8)], axis=1), 96000, "WAV", "PCM_24"), 16000, 9)
    wanted = rounded(soxr.resample(one.astype(np.float32), 96000, 16000))
    assert len(found) == len(wanted) == 8000
    assert np.abs(found.astype(int) - wanted).max() <= 1


def test_a_resampler_in_pieces_gives_what_it_gives_at_once() -> None:
    wave = tone(1.0, 44100).astype(np.float32)
    live = Resampler(44100, 16000)
    pieces = [live.push(wave[n : n + 733]) for n in range(0, len(wave), 733)]
    assert np.array_equal(np.concatenate([*pieces, live.finish()]), samples_of(wave, 44100, 16000))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is no sound"),
        (b"hello" * 100, "is no sound"),
        (picture(), "is no sound"),
        (file_of(hiss(9000), 8000)[:5000], "is cut off"),
        (file_of(hiss(9000), 8000, "AIFF")[:5000], "is cut off"),
        (file_of(hiss(9000), 8000, "FLAC")[:5000], "is damaged"),
        (file_of(hiss(60000), 8000, "MP3")[:5000], "is cut off"),
        (file_of(hiss(9000), 8000, "OGG")[:5000], "cut off"),
        (file_of(hiss(0), 8000), "there is no sound in the file"),
        (file_of(hiss(90000), 8000), "at most 10 s of sound, got 11 s"),
        (file_of(hiss(900), 100), "a sampling rate from 1,000"),
        (file_of(np.array([0.1, np.nan] * 900), 8000, "WAV", "FLOAT"), "finite numbers"),
    ],
)  # fmt: skip
def test_what_is_no_whole_sound_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadRow, match=reason):
        read_sound(data, 8000, 10)


def test_a_header_that_promises_gigabytes_takes_no_memory() -> None:
    data = bytearray(file_of(hiss(9000), 8000, "WAV", "FLOAT"))
    place = data.index(b"data")
    data[place + 4 : place + 8] = (0x7F00_0000).to_bytes(4, "little")
    tracemalloc.start()
    try:
        with pytest.raises(BadRow, match="cut off"):
            read_sound(bytes(data), 8000, 1e6)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_what_was_written_to_a_pipe_says_no_length_and_is_read() -> None:
    data = bytearray(file_of(hiss(9000), 8000))
    place = data.index(b"data")
    data[place + 4 : place + 8] = b"\xff" * 4
    assert np.array_equal(read_sound(bytes(data), 8000, 10), hiss(9000))


def test_a_long_file_is_read_block_by_block() -> None:
    blocks = list(blocks_of(io.BytesIO(file_of(hiss(700_000), 16000, "FLAC")), 16000))
    assert len(blocks) > 2
    assert np.array_equal(np.concatenate(blocks), hiss(700_000))


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint8, np.float32, np.float64])
def test_arrays_of_any_type_are_the_same_samples(dtype: type) -> None:
    samples = hiss(4000) // 256 * 256
    integers = {np.int16: samples, np.int32: samples.astype(np.int32) << 16, np.uint8: (samples // 256 + 128)}
    given = integers.get(dtype, samples / 32768)
    assert np.array_equal(samples_of(given.astype(dtype), 8000, 8000), samples)
    assert np.array_equal(samples_of(np.stack([given, given], axis=1).astype(dtype), 8000, 8000), samples)


@pytest.mark.parametrize(
    ("given", "rate"), [(["a"], 8000), (np.zeros((2, 2, 2)), 8000), ([np.inf], 8000), ([0.1], 0), (None, 8000)]
)
def test_what_is_no_array_of_samples_is_refused(given: object, rate: int) -> None:
    with pytest.raises(BadRow, match="expected samples"):
        samples_of(given, rate, 8000)
