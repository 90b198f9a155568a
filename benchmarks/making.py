"""What generators make a second on one core, beside the same networks stepped with `torch.nn`'s cells, and memory.

    python benchmarks/making.py               writes results/making.json
    python benchmarks/making.py --no-memory   speed alone; what is known of memory stays

Networks are as large as the tasks' defaults and have random weights, the same on both sides; that both say the same is
checked first. Seconds are the processor's own, so that other work counts little; speeds are medians over blocks that
alternate between the two. `rnnkit` is what a command runs: it draws, and nothing ends. Memory is the peak of a process
of its own: music of a minute and of an hour, and speech of one and of ten minutes, written into files.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor, nn

from rnnkit.cores import to_torch
from rnnkit.data.speech.mel import MelFrames
from rnnkit.data.speech.prediction import EMPHASIS, ORDER
from rnnkit.heads.keys import ChordSampler
from rnnkit.heads.pen import PenSampler
from rnnkit.heads.real.scale import LEAST, log_positive
from rnnkit.models.live_vocoder import FARTHEST, LOUDEST, VocoderStream
from rnnkit.search import say
from rnnkit.sequence import SequenceBatch
from rnnkit.streaming import PenStream, TextStream
from rnnkit.tasks.handwriting.options import PenModel, build_writer
from rnnkit.tasks.music.options import MusicModel, build_composer
from rnnkit.tasks.options import Dropouts
from rnnkit.tasks.speech_synthesis.options import SpeechModel, build_synthesizer

RESULTS = Path(__file__).parent / "results" / "making.json"
REPEATS = 5
TEMPO, MINUTE = 100, 60
Pair = tuple[Callable[[int], Tensor], Callable[[int], Tensor]]
"""What makes so many frames, points or samples: ours, and a loop around PyTorch's cells. Where nothing is drawn, both
give the same."""


def cells_of(core: Any) -> list[Any]:
    """PyTorch's cells with the weights of a core."""
    layers = to_torch(core)
    kind = {nn.LSTM: nn.LSTMCell, nn.GRU: nn.GRUCell}[type(layers)]
    made = []
    for number in range(layers.num_layers):
        width = layers.input_size if not number else layers.hidden_size
        cell = kind(width, layers.hidden_size)
        cell.load_state_dict(
            {name: getattr(layers, f"{name}_l{number}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        )
        made.append(cell)
    return made


def through(cells: list[Any], x: Tensor, state: list[Any]) -> Tensor:
    """One time step of cells, one above the other."""
    for number, cell in enumerate(cells):
        state[number] = cell(x, state[number])
        x = state[number][0] if isinstance(state[number], tuple) else state[number]
    return x


def music(chance: bool) -> Pair:
    """Chords, as `music-composition` makes them: each key given the lower ones."""
    return chords(chance, "nade", lower_first)


def music_by_itself(chance: bool) -> Pair:
    """The same, keys by themselves."""
    return chords(chance, "independent", at_once)


def at_once(head: Any, features: Tensor, chance: bool) -> Tensor:
    """A chord `(1, 88)` whose keys are independent."""
    odds = head.linear(features)
    return torch.bernoulli(odds.sigmoid()) if chance else (odds > 0).float()


def lower_first(head: Any, features: Tensor, chance: bool) -> Tensor:
    """A chord whose keys are drawn one after the other, from the lowest up, as Larochelle and Murray (2011) say."""
    base, inner, chord = head.linear(features)[0], head.inner(features)[0], torch.zeros(1, 88)
    for key in range(88):
        odds = base[key] + head.out[key] @ inner.sigmoid()
        if (torch.rand(()) < odds.sigmoid()) if chance else odds > 0:
            chord[0, key] = 1.0
            inner = inner + head.seen[key]
    return chord


def chords(chance: bool, keys: str, drawn: Callable[[Any, Tensor, bool], Tensor]) -> Pair:
    """Chords by a network of the default size."""
    model = build_composer(MusicModel(dropouts=Dropouts(), keys=keys)).eval()
    model.head.start_from(torch.full((88,), 0.05))
    encoder: Any = model.encoder
    cells, encode = cells_of(model.core), encoder.linear
    sampler = ChordSampler(1.0 if chance else 0.0)

    def ours(count: int) -> Tensor:
        chords = TextStream(model, torch.zeros(1, 88)).run(sampler, [torch.Generator().manual_seed(1)])
        return torch.cat(list(itertools.islice(chords, count)))

    def plain(count: int) -> Tensor:
        chord, state, made = torch.zeros(1, 88), [None] * len(cells), []
        with torch.inference_mode():
            for _ in range(count):
                chord = drawn(model.head, through(cells, encode(chord).relu(), state), chance)
                made.append(chord)
        return torch.cat(made)

    return ours, plain


def words(chance: bool) -> Pair:
    """Points of 16 words side by side, as `handwriting-synthesis` makes them of a longer text, beside one by one."""
    return pen(chance, 16)


def pen(chance: bool, rows: int = 1) -> Pair:
    """Points of a text of 20 characters, as `handwriting-synthesis` makes them."""
    model = build_writer(PenModel(dropouts=Dropouts()), "text", 60, 0.05).eval()
    reader, core = cells_of(model.decoder.reader), cells_of(model.decoder.core)
    window, head, text = model.decoder.window, model.head, torch.arange(2, 22)
    bias = 1.0 if chance else 1e6  # of which the likeliest is left
    model.head.start_from(0.1 if chance else 0.0, 0.0)

    def ours(count: int) -> Tensor:
        generators = [torch.Generator().manual_seed(seed) for seed in range(rows)]
        run = PenStream(model, [text] * rows).run(PenSampler(bias), generators)
        made = torch.stack([answers.clone() for answers, _ in itertools.islice(run, -(-count // rows))], dim=1)
        return made.flatten(0, 1)[:, :2]

    def plain(count: int) -> Tensor:
        made = []
        with torch.inference_mode():
            memory = model.encoder.weight[text]
            first = model.first_state(model.read(SequenceBatch.full(text[None])))  # it is learned
            below, above = ([tuple(layer) for layer in state] for state in (first[0], first[3]))
            numbers, places = torch.arange(len(text)), window.begin(1)
            seen, move = torch.zeros(1, memory.shape[1]), torch.zeros(1, 3)
            for _ in range(count):
                x = torch.asinh(move)
                read = through(reader, torch.cat([x, seen], dim=1), below)
                importance, narrowness, step = (nn.functional.elu(window.linear(read)) + 1).chunk(3, dim=-1)
                places = places + step
                far = (places[..., None] - numbers).square()
                seen = (importance[..., None] * torch.exp(-narrowness[..., None] * far)).sum(dim=1) @ memory
                features = torch.cat([read, through(core, torch.cat([x, read, seen], dim=1), above)], dim=1)
                mixture, odds = head.parameters_of(features)
                mixture = mixture.biased(bias)
                chosen = torch.multinomial(mixture.log_weights.exp(), 1)
                index = chosen[..., None].expand(-1, -1, 2)
                mean, scale = (part.gather(1, index)[:, 0] for part in (mixture.means, mixture.log_scales.exp()))
                rho, free = mixture.correlations.gather(1, chosen), torch.randn(1, 2)
                across = rho * free[:, :1] + (1 - rho * rho).sqrt() * free[:, 1:]
                drawn = mean + scale * torch.cat([free[:, :1], across], dim=1)
                ends = (torch.rand(1, 1) < odds[:, :1].sigmoid()).float()
                move = torch.cat([drawn, ends], dim=1)
                made.append(drawn)
        return torch.cat(made)

    return ours, plain


def voice() -> Any:
    """A network that speaks, as large as that of 300 recordings or more, with a recurrent vocoder."""
    model = SpeechModel(vocoder="recurrent").chosen(320, 256)
    return build_synthesizer(model, 40, MelFrames(16000, 80)).eval()


def speech(chance: bool) -> Pair:
    """Mel frames of a sentence, as `speech-synthesis` makes them, two a time step."""
    model, units = voice(), torch.randint(1, 40, (1, 60))
    with torch.inference_mode():
        memory = model.remember(SequenceBatch.full(units))
        context = model.timed(memory, torch.full((1, 60), 1e4))
    cells, prenet, linear = cells_of(model.decoder.core), model.inputs, model.head.linear
    generators = [torch.Generator().manual_seed(1)]

    def ours(count: int) -> Tensor:
        answers = say(model, context, float(chance), generators)
        return torch.cat([one.frames[0] for one in itertools.islice(answers, count // 2)])

    def plain(count: int) -> Tensor:
        state, heard, made = [None] * len(cells), torch.zeros(1, 80), []
        with torch.inference_mode():
            # What is read at each time step depends on durations alone, and is computed at once.
            told, _, _ = model.decoder.read(torch.arange(count // 2)[None], context)
            for now in told[0, :, None].unbind():
                x = torch.cat([prenet.second(prenet.first(heard).relu()).relu(), now], dim=1)
                features = torch.cat([through(cells, x, state), now[:, : model.decoder.memory_size]], dim=1)
                frames = linear(features).view(2, 80)
                if chance:
                    frames = torch.distributions.Laplace(frames, model.head.log_scale.exp().view(2, 80)).sample()
                made.append(frames)
                heard = frames[-1:]
        return torch.cat(made)

    return ours, plain


def vocoder(chance: bool) -> Pair:
    """Samples of frames, as the recurrent vocoder makes them."""
    model = voice().vocoder
    (cell,), head = cells_of(model.core), model.head.linear
    conditions, gains = torch.randn(400, model.conditioner.output_size), torch.full((400,), 0.05)
    coefficients = torch.zeros(400, ORDER)
    coefficients[:, 0] = 0.8

    def given(count: int) -> tuple[Any, Tensor]:
        normal = torch.randn(count) if chance else torch.zeros(count)
        return np.arange(count) // model.hop % 400, normal

    def ours(count: int) -> Tensor:
        place, normal = given(count)
        return VocoderStream(model, ORDER, EMPHASIS).say(place, conditions, coefficients, gains, normal)

    def plain(count: int) -> Tensor:
        place, normal = given(count)
        past, rest, sample, state, made = torch.zeros(ORDER), torch.zeros(()), torch.zeros(()), None, []
        with torch.inference_mode():
            for number, frame in enumerate(place.tolist()):
                guess, gain = past @ coefficients[frame], gains[frame]
                heard = torch.stack([past[0] / gain, guess / gain, rest]).asinh()
                state = cell(torch.cat([heard, conditions[frame]])[None], state)
                mean, raw = head(state)[0]
                rest = (mean + log_positive(raw, LEAST).exp() * normal[number]).clamp(-FARTHEST, FARTHEST)
                now = (guess + gain * rest).clamp(-LOUDEST, LOUDEST)
                past, sample = torch.cat([now[None], past[:-1]]), now + EMPHASIS * sample
                made.append(sample)
        return torch.stack(made)

    return ours, plain


MADE = {
    "music frames": (music, 400), "music frames, keys by themselves": (music_by_itself, 400),
    "handwriting points": (pen, 400), "handwriting points of 16 words": (words, 1600),
    "speech frames": (speech, 400), "vocoder samples": (vocoder, 2000),
}  # fmt: skip
"""What is made, and how much of it in a block"""


def speeds(build: Callable[[bool], Pair], count: int) -> dict[str, float]:
    """How many are made a second, after a check that both sides say the same where nothing is drawn."""
    torch.manual_seed(0)
    with torch.no_grad():
        ours, plain = build(False)
        first = ours(64)
        torch.testing.assert_close(first[:4], plain(4), atol=1e-4, rtol=1e-3)
        ours, plain = build(True)
    taken: tuple[list[float], list[float]] = [], []
    for _ in range(REPEATS):
        for times, make in zip(taken, (ours, plain), strict=True):
            began = time.process_time()
            make(count)
            times.append(time.process_time() - began)
    mine, others = (count / statistics.median(times) for times in taken)
    return {
        "rnnkit_a_second": round(mine), "torch_nn_a_second": round(others),
        "ratio": round(statistics.median(b / a for a, b in zip(*taken, strict=True)), 2),
    }  # fmt: skip


def peak(*arguments: str) -> tuple[float, str]:
    """The peak resident memory of a command, in MB, and what it said."""
    with tempfile.TemporaryFile() as out:
        command = [sys.executable, "-m", "rnnkit", *arguments]
        process, most = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL), 0.0
        while process.poll() is None:
            # The peak as the kernel keeps it; that of `wait4` would be the peak of this process, which it was once.
            with contextlib.suppress(OSError, KeyError):
                lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
                most = max(most, int(dict(line.split(":", 1) for line in lines)["VmHWM"].split()[0]) / 1024)
            time.sleep(0.05)
        if process.returncode:
            raise SystemExit(f"{' '.join(arguments)[:200]} ended with {process.returncode}")
        out.seek(0)
        return most, out.read().decode()


def memory(scratch: Path) -> Iterator[tuple[str, float]]:
    """Of music and speech, short and long, with networks of the tasks' default sizes that have learned one step."""
    short = ("--steps", "1", "--validations", "1")
    pieces = [[[int(note)] for note in np.random.default_rng(n).integers(50, 70, 32)] for n in range(20)]
    (scratch / "pieces.json").write_text(json.dumps(pieces))
    peak("train", "music-composition", str(scratch / "pieces.json"), "--out", str(scratch / "music"), *short)
    for name, minutes in (("music_minute_mb", 1), ("music_hour_mb", 60)):
        asked = ["--length", str(TEMPO * minutes), "--tempo", str(TEMPO), "--write", str(scratch / "made.mid")]
        yield name, peak("predict", str(scratch / "music"), *asked)[0]
    table = scratch / "voice.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in recordings(scratch, 24)))
    sizes = ("--hidden", "320", "--embedding", "256")
    peak("train", "speech-synthesis", str(table), "--out", str(scratch / "voice"), *sizes, *short)
    sentence = "abc cab bca acb. "
    said = peak("predict", str(scratch / "voice"), sentence * 10, "--json")[1]
    each = json.loads(said)["seconds"] / 10
    for minutes in (1, 10):
        asked = [sentence * round(minutes * MINUTE / each), "--write", str(scratch / "made.wav"), "--json"]
        found, said = peak("predict", str(scratch / "voice"), *asked)
        yield f"speech_{minutes}_min_mb", found
        yield f"speech_{minutes}_min_seconds", json.loads(said)["seconds"]


def recordings(scratch: Path, count: int) -> Iterator[dict[str, str]]:
    """Texts, each letter a tone."""
    for number in range(count):
        text = " ".join(np.random.default_rng(number).permutation(["abc", "cab", "bca"]))
        hertz = np.repeat([200 * (1 + "abc ".index(letter)) for letter in text], 2000)
        wave = 0.3 * np.sin(2 * np.pi * np.cumsum(hertz) / 16000)
        soundfile.write(scratch / f"{number}.wav", wave, 16000)
        yield {"text": text, "audio": str(scratch / f"{number}.wav")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-memory", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    result: dict[str, Any] = {name: speeds(build, count) for name, (build, count) in MADE.items()}
    print(json.dumps(result, indent=2))
    if asked.no_memory:
        result["memory"] = json.loads(RESULTS.read_text())["memory"]
    else:
        with tempfile.TemporaryDirectory() as scratch:
            result["memory"] = {name: round(value, 1) for name, value in memory(Path(scratch))}
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
