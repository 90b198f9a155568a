"""A voice assistant of two runs: speech made by a synthesiser to text, and the text to an intent and its slots."""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from commandline import good
from rnnkit.tasks import IntentAndSlots, SpeechRecognition
from tiny import one_thread

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
SPEEDS, PITCHES = (140, 160, 180), (40, 60)
"""words a minute, and how high voices are"""
ORDERS = [(f"lights {state}", "switch", f"O B-{slot}") for state, slot in (("on", "state"), ("off", "state"))] + [
    (f"play {what}", "play", "O B-genre") for what in ("songs", "rock")
]


def said(text: str, speed: int, pitch: int, silence: float = 0.3) -> NDArray[np.int16]:
    """A text as the synthesiser says it, at 22,050 Hz, with some seconds of silence after it."""
    made = subprocess.run(
        ["espeak-ng", "-s", str(speed), "-p", str(pitch), "--stdout", text], check=True, capture_output=True
    )
    samples, rate = soundfile.read(io.BytesIO(made.stdout), dtype="int16")
    assert rate == 22_050
    return np.concatenate([samples, np.zeros(round(silence * rate), np.int16)])


def test_what_is_spoken_is_understood(tmp_path: Path) -> None:
    voices = list(itertools.product(SPEEDS, PITCHES))
    rows: list[dict[str, Any]] = [
        {"audio": (said(text, *voice), 22_050), "text": text} for text, _, _ in ORDERS for voice in voices
    ]
    with one_thread():
        SpeechRecognition(
            rate=8000, direction="forward", look_ahead=2, hidden=48, layers=1, embedding=48,
            halvings=3, steps=400, batch=8, learning_rate=0.01, validations=2, noise=0, masks=0, dropout=0, seed=1,
        ).fit(rows, valid=rows[::3], out=tmp_path / "speech")  # fmt: skip
        orders = [{"text": text, "intent": intent, "slots": slots} for text, intent, slots in ORDERS] * 10
        IntentAndSlots(hidden=16, embedding=16, steps=60, batch=8, validations=2, learning_rate=0.02, seed=1).fit(
            orders, valid=orders[:8], out=tmp_path / "orders"
        )
        heard, understood = [], []
        for text in ("play songs", "lights off"):
            sound = said(text, 160, 60).astype("<i2").tobytes()
            heard.append(good("predict", tmp_path / "speech", "-", "--rate", 22_050, "--follow", stdin=sound).out)
            understood += good("predict", tmp_path / "orders", "-", "--json", stdin=heard[-1]).objects
    assert heard == ["play songs\n", "lights off\n"]
    assert [answer["intent"] for answer in understood] == ["play", "switch"]
