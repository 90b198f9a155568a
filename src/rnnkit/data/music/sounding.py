"""Rolls as sound: by a sound font where there is one, else by plain tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import symusic
from numpy.typing import NDArray

from rnnkit.data.music.midi import notes_of, score_of
from rnnkit.data.music.rolls import Roll
from rnnkit.errors import UserError

RATE = 44_100
SYSTEM_FONTS = ("/usr/share/sounds/sf2", "/usr/share/soundfonts")
"""where systems keep sound fonts; Debian's are in the packages timgm6mb-soundfont and fluid-soundfont-gm"""
OVERTONES = (1.0, 0.5, 0.25, 0.12, 0.06)
FADING, ATTACK, RELEASE = 1.2, 0.005, 0.08
"""seconds: in which a tone sinks to a third, rises, and dies away"""


def write_wav(roll: Roll, path: Path, grid: int, tempo: float, font: str | None = None) -> None:
    """Writes a roll as sound. Raises `UserError` where `font` is no sound font."""
    found = _font(font)
    sound = plain_tones(roll, 60.0 / tempo / grid) if found is None else _by_font(roll, grid, tempo, found)
    peak = float(np.abs(sound).max(initial=0.0))
    soundfile.write(path, sound * (0.9 / peak if peak else 1.0), RATE, format="WAV", subtype="PCM_16")


def plain_tones(roll: Roll, seconds: float) -> NDArray[np.float64]:
    """A roll whose frames last so many seconds as `(N,)` samples: of each note some overtones that fade."""
    notes = notes_of(roll)
    sound = np.zeros(round((len(roll) * seconds + RELEASE) * RATE) + 1)
    for start, end, pitch in notes:
        time = np.arange(round(((end - start) * seconds + RELEASE) * RATE)) / RATE
        hertz = 440.0 * 2 ** ((pitch - 69) / 12)
        tones = [(n, share) for n, share in enumerate(OVERTONES, 1) if n * hertz < RATE / 2]
        wave = sum(share * np.sin(2 * np.pi * n * hertz * time) for n, share in tones)
        loudness = np.minimum(time / ATTACK, 1) * np.exp(-time / FADING) * np.minimum((time[-1] - time) / RELEASE, 1)
        begin = round(start * seconds * RATE)
        sound[begin : begin + len(time)] += (wave * loudness)[: len(sound) - begin]
    return sound


def _font(font: str | None) -> Path | None:
    if font is not None:
        if not Path(font).is_file():
            raise UserError(f"expected a sound font after --sound-font, but there is none at {font}; check the path")
        return Path(font)
    found = (path for place in SYSTEM_FONTS for path in sorted(Path(place).glob("*.sf2")))
    return next(found, None)


def _by_font(roll: Roll, grid: int, tempo: float, font: Path) -> NDArray[np.float64]:
    try:
        synthesizer = symusic.Synthesizer(sf_path=str(font), sample_rate=RATE, quality=4)
        made = synthesizer.render(score_of(roll, grid, tempo), stereo=True)
    except Exception as error:
        raise UserError(f"expected a sound font, but {font} is damaged or something else ({str(error)[:80]})") from None
    return np.asarray(made, dtype=np.float64).T
