"""Speech from text, each in its time: the voices whose results stand in benchmarks/results/.

    python benchmarks/speaking.py DATA RUN… [--keep FOLDER]      with RUN among the names below

DATA holds `wikitext2`. Forty minutes of its training sentences are spoken by flite (voice slt, which has to be there),
and fifty others of its validation part to test on: lower case, without marks. Each voice is trained through the command
line with its defaults but for what its options say, and scored on the fifty: mel-cepstral distortion, words that its
alignment skips, repeats or babbles, and how many characters pocketsphinx (pip install pocketsphinx, its model comes
with it) gets wrong: of the recordings, of their frames made sound again, which is the best that can be had, and of the
voice. Writes `results/speaking-NAME.json`; with --keep, the recordings, runs and sounds stay in a folder. Further
options, such as `--budget 5m`, are passed on to training.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import soundfile
from command_line import Result, Row, Run, asked, beside_baseline, command, keep_result, written
from recognition import sentences_of

TRAIN, TEST = "wikitext2/train.txt.gz", "wikitext2/valid.txt"
MINUTES, TESTED = 40, 50


SETTINGS = {
    "flite": ("--budget", "60m"),
    "flite-phonemes": ("--units", "phonemes", "--budget", "60m"),
    "flite-recurrent": ("--units", "phonemes", "--vocoder", "recurrent", "--budget", "120m"),
}


def evenly(path: Path, count: int) -> list[str]:
    """So many sentences from all over a text."""
    texts = list(sentences_of(path))
    return texts[:: max(len(texts) // count, 1)][:count]


def spoken(texts: Sequence[str], keep: Path, title: str) -> Iterator[Row]:
    """Texts as flite speaks them."""

    def speak(pair: tuple[int, str]) -> Row:
        path = keep / f"{title}-{pair[0]}.wav"
        if not path.exists():
            subprocess.run(["flite", "-voice", "slt", "-t", pair[1], "-o", path], check=True)
        return {"audio": str(path), "text": pair[1]}

    with ThreadPoolExecutor() as threads:
        yield from threads.map(speak, enumerate(texts))


def tables(data: Path, keep: Path) -> tuple[str, str]:
    """What a voice is learned from, and what it is tested on."""
    seconds, rows = 0.0, []
    for row in spoken(evenly(data / TRAIN, 1000), keep, "train"):
        if seconds < 60 * MINUTES:
            seconds += soundfile.info(row["audio"]).duration
            rows.append(row)
    test = spoken(evenly(data / TEST, TESTED), keep, "test")
    return written(rows, keep / "train.jsonl"), written(test, keep / "test.jsonl")


class Listener:
    """pocketsphinx with the English that comes with it."""

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(samprate=16000, loglevel="FATAL")

    def hear(self, samples: np.ndarray) -> str:
        """The text of 16-bit samples at 16 kHz."""
        self._decoder.start_utt()
        self._decoder.process_raw(samples.tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return found.hypstr if found else ""

    def rates(self, sounds: Sequence[np.ndarray], texts: Sequence[str]) -> dict[str, float]:
        """Character and word error rate, in percent."""
        heard = [self.hear(sound) for sound in sounds]
        pair = list(texts), heard
        return {"character_error_rate": 100 * jiwer.cer(*pair), "word_error_rate": 100 * jiwer.wer(*pair)}


def understood(run: Run) -> Result:
    """What pocketsphinx understands, and how long speaking takes on the threads that PyTorch has."""
    import rnnkit
    from rnnkit.tasks.speech_synthesis.vocoding import sound_of

    voice: Any = rnnkit.load(run.folder)
    rows = [json.loads(line) for line in Path(run.scored).read_text().splitlines()]
    texts = [row["text"] for row in rows]
    recordings = [soundfile.read(row["audio"], dtype="int16")[0] for row in rows]
    column = voice.column
    began = time.perf_counter()
    said = voice.predict(texts)
    taken = time.perf_counter() - began
    for number, speech in enumerate(said[:10]):
        soundfile.write(run.folder.parent / f"said-{number}.wav", speech.samples, speech.rate)
    listener = Listener()
    return {
        "pocketsphinx": {
            "recordings": listener.rates(recordings, texts),
            "their_frames": listener.rates(
                [sound_of(column, voice.model.vocoder, column.frames(own)) for own in recordings], texts
            ),
            "voice": listener.rates([speech.samples for speech in said], texts),
        },
        "seconds_a_second_of_sound": taken / sum(speech.seconds for speech in said),
    }


def measure(name: str, data: Path, keep: Path, extra: list[str]) -> Result:
    """One voice, and its scores."""
    run, options = Run(keep / name, *tables(data, keep)), (*SETTINGS[name], *extra)
    command("train", "speech-synthesis", run.train, *options, "--out", str(run.folder), "--force")
    shown = " ".join(["rnnkit", "train", "speech-synthesis", Path(run.train).name, *options])
    kept = run.kept("learned", "seconds")
    return {"command": shown, **kept, **beside_baseline(run.scores()), **understood(run)}


def main() -> None:
    """Measures the voices that were named."""
    parser = asked(__doc__, SETTINGS)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    found, extra = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        keep = found.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        for name in found.runs:
            keep_result(f"speaking-{name}", measure(name, found.data, keep, extra), "pocketsphinx")


if __name__ == "__main__":
    main()
