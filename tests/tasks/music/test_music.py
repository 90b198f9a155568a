"""Composing: scores against a count by hand, beginnings, melodies that stay, files, keys, repeats."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from commandline import command, good
from rnnkit import state as states
from rnnkit.cores import CORES
from rnnkit.data.music.keys import foreign_keys, way_home
from rnnkit.data.music.midi import roll_of_midi, score_of
from rnnkit.data.music.rolls import HIGHEST, LOWEST, NAMES, frames_of, roll_of
from rnnkit.encoders import Vectors
from rnnkit.errors import UserError
from rnnkit.heads.keys import KEY_HEADS, ChordSampler
from rnnkit.models import LanguageModel
from rnnkit.search.harmonising import drawn_anew, harmonise
from rnnkit.search.scorer import repeated
from rnnkit.tasks.music import music_composition
from rnnkit.tasks.music.composer import known_keys

Opened = Callable[[str], Any]
Trained = Callable[[str], Path]
CASES = ("music-composition", "music-composition-nade")
MELODY = [[60], [64, 52], [], [65]]


@pytest.mark.parametrize("case", CASES)
def test_nats_are_those_of_a_walk_through_the_piece(case: str, opened: Opened) -> None:
    """Step by step, key by key, the first frame not counted."""
    run, piece = opened(case), [[48, 60], [53, 65], [55, 67], [], [48, 64]]
    (scores,) = [run.evaluate([{"music": json.dumps(piece)}])]
    roll, state, total = torch.from_numpy(roll_of(piece)).float(), run.model.init_state(1), 0.0
    x = torch.zeros(1, 88)
    for number, chord in enumerate(roll):
        with torch.no_grad():
            features, state = run.model.step(x, state)
            nats = float(run.model.head.nll(features, chord[None]))
        total += nats if number else 0.0
        x = chord[None]
    assert scores["nats_per_frame"] == pytest.approx(total / (len(piece) - 1), rel=1e-5)
    assert scores["frames"] == len(piece) - 1
    repeated = scores["baseline"]["others"]["last frame repeated"]
    assert repeated["accuracy"] == pytest.approx(0 / 8)
    assert all(math.isfinite(one["nats_per_frame"]) for one in (scores["baseline"], repeated))


@pytest.mark.parametrize(("pieces", "chosen"), [(4, (5, 0.5, 0.5)), (40, (0, 0.3, 0.2))])
def test_little_music_is_moved_and_more_of_it_dropped(
    pieces: int, chosen: tuple[float, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(music_composition, "MANY", 100)
    rows = [{"music": json.dumps(MELODY)}] * pieces
    task = music_composition.MusicComposition(hidden=8, embedding=8, steps=1, held_out=0.25)
    task.fit(rows, out=tmp_path / "run")
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    model = config["model"]
    assert (config["data"]["transpose"], model["dropout"], model["weight_drop"]) == chosen


@pytest.mark.parametrize("case", CASES)
def test_what_goes_on_depends_on_the_beginning_and_the_seed_alone(case: str, opened: Opened) -> None:
    run = opened(case)
    (one,) = run.predict([[48, 60]], length=12)
    assert len(one) == 12
    assert run.predict([[[53]], [[48, 60]]], length=12)[1] == one
    assert run.predict([[48, 60]], length=5) == [one[:5]]
    assert run.predict([[48, 60]], length=12, seed=2) != [one]
    assert run.predict("", length=0) == [[]]


@pytest.mark.parametrize("case", CASES)
def test_a_beginning_is_heard_as_it_would_have_been_composed(case: str, opened: Opened) -> None:
    """What is composed in one go goes on the same from its middle: the state is all there is."""
    run = opened(case)
    stream, sampler = run.stream(), ChordSampler()
    whole = [c[0] for c in itertools.islice(stream.run(sampler, [torch.Generator().manual_seed(1)]), 8)]
    begun = run.start(np.stack([chord.numpy() for chord in whole[:5]]).astype(np.uint8))
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        torch.rand(88, generator=generator)
    rest = [c[0] for c in itertools.islice(begun.run(sampler, [generator]), 3)]
    assert [c.tolist() for c in rest] == [c.tolist() for c in whole[5:]]


@pytest.mark.parametrize("asked", NAMES)
def test_every_key_is_composed_in_as_the_one_of_training_and_moved(asked: str, opened: Opened) -> None:
    run = opened("music-composition")
    higher = way_home(asked, run.fitted.input.rates)
    home = NAMES[(NAMES.index(asked) + higher) % 12]
    assert way_home(home, run.fitted.input.rates) == 0
    (usual,), (moved,) = ([one[0] for one in run.predict("", length=1, key=key)] for key in (home, asked))
    assert moved
    assert moved == [note - higher for note in usual if LOWEST <= note - higher <= HIGHEST]
    assert not {note - LOWEST for note in moved} & set(foreign_keys(asked))


def test_a_melody_stays_whole_in_another_key(opened: Opened) -> None:
    """Though it has the keyboard's first and last note, so that it cannot be moved."""
    (found,) = opened("music-composition").predict([[[21], [108]]], harmonise="around", particles=8, key="F#")
    assert all(note in chord for note, chord in zip((21, 108), found, strict=True))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("where", ["below", "around"])
def test_a_melodys_notes_stay(case: str, where: str, opened: Opened) -> None:
    (found,) = opened(case).predict([MELODY], harmonise=where, particles=8)
    assert len(found) == len(MELODY)
    for given, chord in zip(MELODY, found, strict=True):
        assert set(given) <= set(chord)
        if where == "below" and given:
            assert max(chord) == max(given)


def small(keys: int = 2) -> Any:
    torch.manual_seed(3)
    model = LanguageModel(Vectors(keys), CORES["stack"](keys, 4), KEY_HEADS["nade"](4, keys)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-1.5, 1.5))
    return model


def test_harmonies_have_the_probability_that_the_melody_leaves_them() -> None:
    """Beside the enumeration of all pieces of three frames of two keys, the upper one given."""
    model, melody = small(), [1, 0, 1]
    known = torch.tensor([[-1, sounds] for sounds in melody])
    weights = []
    for lower in itertools.product((0, 1), repeat=3):
        roll = torch.tensor([list(pair) for pair in zip(lower, melody, strict=True)]).float()
        state, x, nats = model.init_state(1), torch.zeros(1, 2), 0.0
        for chord in roll:
            with torch.no_grad():
                features, state = model.step(x, state)
                nats += float(model.head.nll(features, chord[None]))
            x = chord[None]
        weights.append(math.exp(-nats))
    wanted = np.array(weights) / sum(weights)
    counts = np.zeros(8)
    for seed in range(1500):
        made = torch.stack(list(harmonise(model, known, ChordSampler(), 20, 1000 * seed)))[:, 0].long().tolist()
        counts[4 * made[0] + 2 * made[1] + made[2]] += 1
    assert np.abs(counts / counts.sum() - wanted).max() < 0.06


def test_harmonies_are_given_as_soon_as_they_are_settled() -> None:
    """And are those of a filter that copies all that was drawn after each time step."""
    model, length, particles = small(), 300, 3
    known = torch.stack([torch.full((length,), -1), torch.arange(length) % 3 % 2], dim=1)
    generators = [torch.Generator().manual_seed(5 + number) for number in range(particles)]
    chance = torch.Generator().manual_seed(5)
    state, chords = repeated(model.init_state(1), particles), torch.zeros(particles, 2)
    made = torch.zeros(length, particles, 2)
    for time, row in enumerate(known):
        with torch.no_grad():
            features, state = model.step(model.head.feedback(chords), state)
            made[time], weights = model.head.draw(features, ChordSampler(), generators, row.expand(particles, -1))
        chosen = drawn_anew(weights, chance)
        made[: time + 1] = made[: time + 1, chosen]
        chords, state = made[time], states.rows(state, chosen)
    seen: list[int] = []
    rows = (seen.append(number) or row for number, row in enumerate(known))
    pieces = harmonise(model, rows, ChordSampler(), particles, 5)  # type: ignore[arg-type]
    first = next(pieces)
    assert len(seen) < length
    whole = torch.stack([first, *pieces])
    assert torch.equal(whole, made[:, int(torch.randint(particles, (1,), generator=chance))])


def test_a_key_and_files_and_samples(trained: Trained, tmp_path: Path) -> None:
    run = trained("music-composition") / "run"
    (tmp_path / "begun.mid").write_bytes(score_of(roll_of([[48, 60], [53, 65]]), 1, 100).dumps_midi())
    files = [str(tmp_path / name) for name in ("a.mid", "a.png", "a.wav")]
    writes = [part for name in files for part in ("--write", name)]
    done = good("predict", run, tmp_path / "begun.mid", "--length", 6, "--samples", 2, "--key", "C", *writes, "--json")
    assert [len(one["frames"]) for one in done.objects] == [6, 6]
    own = {0, 2, 4, 5, 7, 9, 11}
    assert all(note % 12 in own for one in done.objects for chord in one["frames"] for note in chord)
    assert {path.name for path in tmp_path.iterdir()} == {
        "begun.mid", "a.mid", "a.png", "a.wav", "a-2.mid", "a-2.png", "a-2.wav"
    }  # fmt: skip
    written = frames_of(roll_of_midi((tmp_path / "a.mid").read_bytes(), 1))
    whole = [[48, 60], [53, 65], *done.objects[0]["frames"]]
    assert written == whole[: len(written)]
    assert not any(whole[len(written) :])


@pytest.mark.parametrize(
    "options",
    [["--key", "H"], ["--write", "x.ogg"], ["--write", "nowhere/x.mid"], ["--temperature", "-1"],
     ["--harmonise", "over"], ["nowhere.mid"], ["[[200]]"], ["empty.mid"], ["cut.mid", "--harmonise", "below"],
     ["cut.mid", "--write", "x.mid"]],
)  # fmt: skip
def test_what_cannot_be_asked_is_one_line(
    options: list[str], trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.mid").touch()
    Path("cut.mid").write_bytes(score_of(roll_of(MELODY), 1, 100).dumps_midi()[:-9])
    done = command("predict", trained("music-composition") / "run", *options)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert {path.name for path in tmp_path.iterdir()} == {"empty.mid", "cut.mid"}


def test_rows_of_tables_are_not_written_into_files(trained: Trained) -> None:
    folder = trained("music-composition")
    done = command("predict", folder / "run", "--file", folder / "asked.csv", "--write", "x.mid")
    assert done.code == 2
    assert "--write" in done.err


def test_midi_and_lists_of_pieces_are_learned(trained: Trained, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pieces = [[[int(60 + rng.integers(5))] for _ in range(8)] for _ in range(12)]
    (tmp_path / "pieces.json").write_text(json.dumps(pieces))
    for number, piece in enumerate(pieces):
        (tmp_path / f"{number}.mid").write_bytes(score_of(roll_of(piece), 2, 90).dumps_midi())
    small = ["--steps", 2, "--validations", 1, "--hidden", 4, "--embedding", 4, "--grid", 2, "--held-out", "0.2"]
    for data, out in (("pieces.json", "a"), ("*.mid", "b")):
        good("train", "music-composition", tmp_path / data, "--out", tmp_path / out, *small)
        result = json.loads((tmp_path / out / "result.json").read_text())
        assert result["learned"] == {"pieces": 9, "frames": 72}


def test_known_keys_of_silence_are_open() -> None:
    known = known_keys(roll_of([[60], []]), "below")
    assert (known[1] == -1).all()
    assert known[0].tolist() == [-1] * 39 + [1] + [0] * 48


def test_what_it_does_not_explain_it_says(opened: Opened) -> None:
    with pytest.raises(UserError, match="expected a run whose answers are labels"):
        opened("music-composition").explain([[60]])
