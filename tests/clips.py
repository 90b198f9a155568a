"""Made-up videos: a square that moves to the left or to the right, or rests, as animated GIFs and as arrays."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 24


def moving(
    to_the_right: bool, frames: int, chance: np.random.Generator, *, blink: bool = False, side: int = 6
) -> NDArray[np.uint8]:
    """Frames `(T, 24, 24)` of a light square that moves; where it `blink`s, each second frame is brighter."""
    made = chance.integers(0, 20, (frames, SIDE, SIDE)).astype(np.uint8)
    top, start = int(chance.integers(4, 14)), int(chance.integers(0, 4))
    for number in range(frames):
        left = start + round(number * 10 / frames)
        left = left if to_the_right else SIDE - 8 - left
        made[number, top : top + side, left : left + side] = 250 if blink and number % 2 else 150
    return made


def gif_of(frames: NDArray[np.uint8], milliseconds: int = 100) -> bytes:
    """Frames as the file of an animated GIF."""
    first, *others = map(Image.fromarray, frames)
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, duration=milliseconds, loop=0)
    return file.getvalue()


def address_of(data: bytes) -> str:
    """A file as an address."""
    return "data:image/gif;base64," + base64.b64encode(data).decode()


def data_of(address: str) -> bytes:
    """What `address_of` made an address of."""
    return base64.b64decode(address.partition(",")[2])


def clips(count: int, seed: int) -> list[dict[str, str]]:
    """Rows of videos, and where the square goes."""
    chance, made = np.random.default_rng(seed), []
    for number in range(count):
        frames = moving(number % 2 == 1, int(chance.integers(5, 9)), chance)
        made.append({"video": address_of(gif_of(frames)), "label": "right" if number % 2 else "left"})
    return made


def several(count: int, seed: int) -> list[dict[str, str]]:
    """Rows of videos, where the square goes, and whether it blinks: any number of labels."""
    chance, made = np.random.default_rng(seed), []
    for number in range(count):
        right, blink = number % 2 == 1, number % 4 > 1
        frames = moving(right, int(chance.integers(5, 9)), chance, blink=blink)
        labels = " ".join([*(["right"] if right else ["left"]), *(["blinks"] if blink else [])])
        made.append({"video": address_of(gif_of(frames)), "labels": labels})
    return made


def described(count: int, seed: int) -> list[dict[str, str]]:
    """Rows of videos, and a sentence about where the square goes, and how large it is."""
    chance, made = np.random.default_rng(seed), []
    for number in range(count):
        right, large = number % 2 == 1, number % 4 > 1
        frames = moving(right, int(chance.integers(5, 9)), chance, side=10 if large else 5)
        caption = f"a {'large' if large else 'small'} square goes to the {'right' if right else 'left'}"
        made.append({"video": address_of(gif_of(frames)), "caption": caption})
    return made


def turning(count: int, seed: int) -> list[dict[str, str]]:
    """Rows of videos whose square goes to one side and then to the other, and a label a frame."""
    chance, made = np.random.default_rng(seed), []
    for number in range(count):
        parts = [moving(right, int(chance.integers(4, 7)), chance) for right in (number % 2 == 1, number % 2 == 0)]
        labels = [name for part, name in zip(parts, _names(number), strict=True) for _ in part]
        made.append({"video": address_of(gif_of(np.concatenate(parts))), "label": " ".join(labels)})
    return made


def _names(number: int) -> tuple[str, str]:
    return ("right", "left") if number % 2 else ("left", "right")


def video_of(frames: NDArray[np.uint8], rate: int = 10, kind: str = "mp4", codec: str = "mpeg4") -> bytes:
    """Frames `(T, H, W)` as the file of a video, as PyAV writes it."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], pixels
        for grey in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="gray").reformat(format=pixels)))
        container.mux(stream.encode())
    return file.getvalue()


def sound_of(seconds: float = 1.0, kind: str = "mp4") -> bytes:
    """A file with sound alone."""
    import av

    file, rate = io.BytesIO(), 8000
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream("aac", rate=rate, layout="mono")
        wave = (0.1 * np.sin(np.arange(int(seconds * rate)))).astype(np.float32)[None]
        for start in range(0, wave.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave[:, start : start + 1024]), "fltp", "mono")
            frame.rate = rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()
