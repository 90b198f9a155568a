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

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import jiwer
import numpy as np
import soundfile
from recognition import command, scores_of, sentences_of

RESULTS = Path(__file__).parent / "results"
TRAIN, TEST = "wikitext2/train.txt.gz", "wikitext2/valid.txt"
MINUTES, TESTED = 40, 50


class Setting(NamedTuple):
    """How a voice is trained."""

    options: tuple[str, ...]


SETTINGS = {
    "flite": Setting(("--budget", "60m")),
    "flite-phonemes": Setting(("--units", "phonemes", "--budget", "60m")),
    "flite-recurrent": Setting(("--units", "phonemes", "--vocoder", "recurrent", "--budget", "120m")),
}


def evenly(path: Path, count: int) -> list[str]:
    """So many sentences from all over a text."""
    texts = list(sentences_of(path))
    return texts[:: max(len(texts) // count, 1)][:count]


def spoken(texts: Sequence[str], keep: Path, title: str) -> Iterator[dict[str, str]]:
    """Texts as flite speaks them."""

    def speak(pair: tuple[int, str]) -> dict[str, str]:
        path = keep / f"{title}-{pair[0]}.wav"
        if not path.exists():
            subprocess.run(["flite", "-voice", "slt", "-t", pair[1], "-o", path], check=True)
        return {"audio": str(path), "text": pair[1]}

    with ThreadPoolExecutor() as threads:
        yield from threads.map(speak, enumerate(texts))


def tables(data: Path, keep: Path) -> tuple[Path, Path]:
    """What a voice is learned from, and what it is tested on."""
    seconds, rows = 0.0, []
    for row in spoken(evenly(data / TRAIN, 1000), keep, "train"):
        if seconds < 60 * MINUTES:
            seconds += soundfile.info(row["audio"]).duration
            rows.append(row)
    parts = {"train": rows, "test": list(spoken(evenly(data / TEST, TESTED), keep, "test"))}
    for title, own in parts.items():
        (keep / f"{title}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in own))
    return keep / "train.jsonl", keep / "test.jsonl"


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


def understood(run: Path, test: Path, keep: Path) -> dict[str, Any]:
    """What pocketsphinx understands, and how long speaking takes on the threads that PyTorch has."""
    import rnnkit
    from rnnkit.tasks.speech_synthesis.vocoding import sound_of

    voice: Any = rnnkit.load(run)
    rows = [json.loads(line) for line in test.read_text().splitlines()]
    texts = [row["text"] for row in rows]
    recordings = [soundfile.read(row["audio"], dtype="int16")[0] for row in rows]
    column = voice.column
    began = time.perf_counter()
    said = voice.predict(texts)
    taken = time.perf_counter() - began
    for number, speech in enumerate(said[:10]):
        soundfile.write(keep / f"said-{number}.wav", speech.samples, speech.rate)
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


def measure(setting: Setting, data: Path, keep: Path, name: str, extra: list[str]) -> dict[str, Any]:
    """One voice, and its scores."""
    train, test = tables(data, keep)
    run = keep / name
    command("train", "speech-synthesis", str(train), *setting.options, *extra, "--out", str(run), "--force")
    made, config = (json.loads((run / f"{file}.json").read_text()) for file in ("result", "config"))
    plain = command("evaluate", str(run), str(test), "--json")
    shown = ["rnnkit", "train", "speech-synthesis", train.name, *setting.options, *extra]
    return {
        "command": " ".join(shown),
        "model": config["model"],
        "training": config["training"],
        "learned": made["learned"],
        **{key: made[key] for key in ("parameters", "steps", "best_step", "epochs", "training_seconds", "seconds")},
        "scores": scores_of(plain),
        "baseline": scores_of(plain["baseline"]),
        **understood(run, test, keep),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", nargs="+", choices=SETTINGS)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    found, extra = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        keep = found.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        for name in found.runs:
            made = measure(SETTINGS[name], found.data, keep, name, extra)
            (RESULTS / f"speaking-{name}.json").write_text(json.dumps(made, indent=1) + "\n")
            print(name, json.dumps(made["scores"]), json.dumps(made["pocketsphinx"]), file=sys.stderr)


if __name__ == "__main__":
    main()
