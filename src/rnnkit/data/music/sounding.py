"""Scores as sound: by a sound font where there is one, else by plain tones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import symusic
from numpy.typing import NDArray

from rnnkit.checkpoint import replacing
from rnnkit.errors import UserError

RATE = 44_100
SYSTEM_FONTS = ("/usr/share/sounds/sf2", "/usr/share/soundfonts")
"""where systems keep sound fonts; Debian's are in the packages timgm6mb-soundfont and fluid-soundfont-gm"""
OVERTONES = (1.0, 0.5, 0.25, 0.12, 0.06)
FADING, ATTACK, RELEASE = 1.2, 0.005, 0.08
"""seconds: in which a tone sinks to a third, rises, and dies away"""


def write_wav(score: Any, path: Path, font: str | None = None) -> None:
    """Writes a score as sound. Raises `UserError` where `font` is no sound font."""
    found = _font(font)
    # A font's synthesizer takes no score without notes.
    sound = plain_tones(score) if found is None or not score.note_num() else _by_font(score, found)
    peak = float(np.abs(sound).max(initial=0.0))
    with replacing(path) as partial:
        soundfile.write(partial, sound * (0.9 / peak if peak else 1.0), RATE, format="WAV", subtype="PCM_16")


def plain_tones(score: Any) -> NDArray[np.float64]:
    """A score as `(N,)` samples: of each note, but drums', some overtones that fade."""
    notes = [note for track in score.to("second").tracks if not track.is_drum for note in track.notes]
    sound = np.zeros(round((max((note.end for note in notes), default=0.0) + RELEASE) * RATE) + 1)
    for note in notes:
        time = np.arange(round((note.duration + RELEASE) * RATE)) / RATE
        hertz = 440.0 * 2 ** ((note.pitch - 69) / 12)
        tones = [(n, share) for n, share in enumerate(OVERTONES, 1) if n * hertz < RATE / 2]
        wave = sum(share * np.sin(2 * np.pi * n * hertz * time) for n, share in tones)
        loudness = np.minimum(time / ATTACK, 1) * np.exp(-time / FADING) * np.minimum((time[-1] - time) / RELEASE, 1)
        begin = round(note.time * RATE)
        sound[begin : begin + len(time)] += (wave * loudness)[: len(sound) - begin]
    return sound


def _font(font: str | None) -> Path | None:
    if font is not None:
        if not Path(font).is_file():
            raise UserError(f"expected a sound font after --sound-font, but there is none at {font}; check the path")
        return Path(font)
    found = (path for place in SYSTEM_FONTS for path in sorted(Path(place).glob("*.sf2")))
    return next(found, None)


def _by_font(score: Any, font: Path) -> NDArray[np.float64]:
    try:
        synthesizer = symusic.Synthesizer(sf_path=str(font), sample_rate=RATE, quality=4)
        made = synthesizer.render(score, stereo=True)
    except Exception as error:  # the library has no error class of its own
        said = " ".join(str(error).split())
        raise UserError(f"expected a sound font, but {font} is damaged or something else ({said[:80]})") from None
    return np.asarray(made, dtype=np.float64).T
