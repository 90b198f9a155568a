"""Recognising made-up speech: whole, live, with what knows how likely texts are."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from commandline import command, good
from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import SpeechRecognition, TextGeneration
from sounds import file_of
from speech import RATE, recordings, spoken
from tiny import one_thread

OPTIONS: dict[str, Any] = {
    "rate": RATE, "hidden": 24, "layers": 1, "embedding": 24, "batch": 8, "learning_rate": 0.01, "validations": 3,
    "speed": 0, "noise": 0, "masks": 0, "dropout": 0, "seed": 1,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    with one_thread():
        yield


def made(folder: Path, **options: Any) -> Any:
    """A recogniser that reads forward and looks ahead a little."""
    task = SpeechRecognition(**{**OPTIONS, "direction": "forward", "look_ahead": 2, "steps": 120, **options})
    return task.fit(recordings(64, 1), valid=recordings(16, 2), out=folder / "run")


@pytest.fixture(scope="module")
def forward(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return made(tmp_path_factory.mktemp("ctc"))


@pytest.fixture(scope="module")
def transducer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    own = {"head": "transducer", "prediction": 24, "ctc_weight": 1.0, "halvings": 3, "learning_rate": 0.015}
    return made(tmp_path_factory.mktemp("transducer"), steps=300, **own)


@pytest.fixture(params=["ctc", "transducer"])
def either(request: pytest.FixtureRequest, forward: Any, transducer: Any) -> Any:
    return forward if request.param == "ctc" else transducer


def pcm(text: str, seed: int = 5) -> NDArray[np.int16]:
    """Samples with a pause of 1.5 s where the text has a line break."""
    chance, parts = random.Random(seed), []
    for line in text.split("\n"):
        parts += [spoken(line, chance), np.zeros(round(1.5 * RATE))]
    return np.rint(np.concatenate(parts) * 32768).clip(-32768, 32767).astype(np.int16)


def finals(answers: list[Any]) -> list[str]:
    return [answer.text for answer in answers if answer.final]


def test_it_hears_what_was_said(forward: Any) -> None:
    scores = forward.evaluate(recordings(16, 3))
    assert scores["character_error_rate"] < 20
    assert scores["word_error_rate"] < scores["baseline"]["word_error_rate"]
    (answer,) = forward.predict((pcm("abc a"), RATE))
    assert answer.text == "abc a"
    first, second = answer.words
    assert (first.word, second.word) == ("abc", "a")
    assert abs(first.start - 0.0) < 0.15
    assert abs(second.start - 0.64) < 0.15
    assert 0 < first.confidence <= 1


@pytest.mark.parametrize("piece", [37, 800, 20_000])
def test_a_live_answer_is_the_answer_for_the_whole(either: Any, piece: int) -> None:
    sound = pcm("abc a\ncb b")
    (whole,) = either.predict((sound, RATE))
    live, told = either.stream(), []
    for start in range(0, len(sound), piece):
        told += live.push(sound[start : start + piece])[0]
    told += live.finish()[0]
    # A pause ends a text, and so a word.
    assert "".join(finals(told)).replace(" ", "") == whole.text.replace(" ", "") != ""
    partial = [answer.text for answer in told if not answer.final]
    assert piece > 10_000 or len(partial) > 2


def test_live_words_are_where_the_words_of_the_whole_are(forward: Any) -> None:
    sound = pcm("abc a\ncb b")
    (whole,) = forward.predict((sound, RATE))
    live = forward.stream()
    told = [*live.push(sound)[0], *live.finish()[0]]
    assert " ".join(finals(told)).split() == whole.text.split()
    assert finals(told) == ["abc a", "cb b"]
    words = [word for answer in told if answer.final for word in answer.words]
    assert [word.word for word in words] == [word.word for word in whole.words]
    for one, other in zip(words, whole.words, strict=True):
        assert one.start == pytest.approx(other.start, abs=0.05)


def test_a_transducer_searches_for_what_it_heard(transducer: Any) -> None:
    scores = transducer.evaluate(recordings(16, 3))
    assert scores["character_error_rate"] < 50
    searched = transducer.evaluate(recordings(16, 3), beam=4)
    assert searched["character_error_rate"] < 50
    first, *rest = transducer.predict((pcm("abc a"), RATE), n_best=3)[0].alternatives
    assert all(first["log_probability"] >= other["log_probability"] for other in rest)


def test_many_recordings_live_are_as_each_by_itself(either: Any) -> None:
    sounds = [pcm("abc a"), pcm("b cc", 6), pcm("a a", 7)]
    longest = max(map(len, sounds))
    together = np.stack([np.pad(sound, (0, longest - len(sound))) for sound in sounds])
    live, told = either.stream(3), [[], [], []]
    for start in range(0, longest, 800):
        for own, new in zip(told, live.push(together[:, start : start + 800]), strict=True):
            own += new
    for own, new in zip(told, live.finish(), strict=True):
        own += new
    for row, own in zip(together, told, strict=True):
        alone = either.stream()
        assert finals(own) == finals([*alone.push(row)[0], *alone.finish()[0]])


def test_a_live_state_can_be_gone_back_to(forward: Any) -> None:
    sound, live = pcm("abc a"), forward.stream()
    live.push(sound[:3000])
    kept = live.state
    once = [*live.push(sound[3000:])[0], *live.finish()[0]]
    live.state = kept
    again = [*live.push(sound[3000:])[0], *live.finish()[0]]
    assert finals(once) == finals(again) == ["abc a"]


def test_the_command_line_follows_raw_samples(forward: Any) -> None:
    sound = pcm("abc a\ncb b")
    run, raw = forward.folder, sound.astype("<i2").tobytes()
    assert good("predict", run, "-", stdin=raw).out.split() == ["abc", "a", "cb", "b"]
    assert good("predict", run, "-", "--follow", stdin=raw).out.splitlines() == ["abc a", "cb b"]
    told = good("predict", run, "-", "--follow", "--json", stdin=raw).objects
    assert [one["text"] for one in told if one["final"]] == ["abc a", "cb b"]
    assert any(not one["final"] for one in told)
    twice = np.repeat(sound, 2).astype("<i2").tobytes()
    assert good("predict", run, "-", "--follow", "--rate", 2 * RATE, stdin=twice).out.splitlines() == ["abc a", "cb b"]
    assert "for the machine" in command("predict", run, "-", "--follow", stdin=raw).err


def test_what_knows_how_likely_texts_are_changes_the_answer(forward: Any, tmp_path: Path) -> None:
    sound = (pcm("abc a"), RATE)
    (tmp_path / "words.arpa").write_text(
        "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\n-0.5\t</s>\n-5\tabc\n-0.1\tab\n\n\\end\\\n"
    )
    listed = forward.predict(sound, n_best=5)[0].alternatives
    assert len(listed) == 5
    assert listed[0]["text"] == "abc a"
    ranked = [one["log_probability"] for one in listed]
    assert ranked == sorted(ranked, reverse=True)
    fused = forward.predict(sound, language_model=str(tmp_path / "words.arpa"), language_weight=5.0)[0]
    assert "abc" not in fused.text.split()
    own = forward.evaluate(recordings(16, 3), language_model="texts", language_weight=0.2)
    assert own["character_error_rate"] < 25
    (loved,) = forward.predict(sound, hotwords=("abca",), hotword_bonus=10.0)
    assert "abca" in loved.text
    for wrong in ({"hotwords": ("xyz",)}, {"language_model": "nowhere.arpa"}, {"language_model": str(tmp_path)}):
        with pytest.raises(UserError, match=r"hotword|ARPA|run"):
            forward.predict(sound, **wrong)


def test_a_run_of_text_generation_can_be_fused(forward: Any, tmp_path: Path) -> None:
    text = "abc a\nab c\n" * 60
    (tmp_path / "lines.txt").write_text(text)
    small = {"hidden": 8, "embedding": 8, "steps": 20, "validations": 1, "batch": 8, "chunk": 16}
    TextGeneration(level="character", **small).fit(str(tmp_path / "lines.txt"), out=tmp_path / "lm")
    found = forward.predict((pcm("abc a"), RATE), language_model=str(tmp_path / "lm"), language_weight=0.1)
    assert found[0].text.split()
    with pytest.raises(UserError, match="run of text-generation"):
        forward.predict((pcm("abc a"), RATE), language_model=str(forward.folder))


def test_a_network_that_reads_from_both_ends_has_no_stream(tmp_path: Path) -> None:
    trained = SpeechRecognition(steps=2, **OPTIONS).fit(recordings(16, 1), valid=recordings(4, 2), out=tmp_path / "run")
    with pytest.raises(NotStreamable, match="reads forward"):
        trained.stream()
    assert command("predict", tmp_path / "run", "-", "--follow", stdin=b"\0\0" * 800).code == 2
    with pytest.raises(UserError, match="--look-ahead"):
        SpeechRecognition(look_ahead=2, steps=2, **OPTIONS).fit(
            recordings(16, 1), valid=recordings(4, 2), out=tmp_path / "other"
        )


def test_of_much_sound_less_is_dropped() -> None:
    little, much = (SpeechRecognition().choose({"recordings": 1000, "frames": hours * 360_000}) for hours in (1, 4))
    assert little.model.network.dropouts.dropout > much.model.network.dropouts.dropout
    given = SpeechRecognition(dropout=0.5).choose({"recordings": 1000, "frames": 4 * 360_000})
    assert given.model.network.dropouts.dropout == 0.5


def test_bad_sounds_are_said_in_one_line(forward: Any, tmp_path: Path) -> None:
    good_file, chance = file_of(spoken("ab", random.Random(1)), RATE), random.Random(2)
    cases = {
        "empty.wav": b"",
        "cut.wav": good_file[:30],
        "picture.wav": b"\x89PNG\r\n\x1a\n" + bytes(chance.randrange(256) for _ in range(200)),
        "short.wav": file_of(np.zeros(50), RATE),
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        refused = command("predict", forward.folder, tmp_path / name)
        assert (refused.code, refused.out) == (2, ""), name
        assert name in refused.err
        assert len(refused.err.strip().splitlines()) == 1, refused.err
    silent = command("predict", forward.folder, "-", stdin=b"\0\0" * RATE)
    assert (silent.code, silent.out.strip()) == (0, "")
    assert command("predict", forward.folder, "-", stdin=b"").code == 2
    assert command("predict", forward.folder, tmp_path / "short.wav", "--follow").code == 2
    wide = file_of(np.repeat(spoken("abc a", chance)[:, None], 8, axis=1).repeat(2, axis=0), 2 * RATE, "FLAC", "PCM_24")
    (tmp_path / "wide.flac").write_bytes(wide)
    assert json.loads(good("predict", forward.folder, tmp_path / "wide.flac", "--json").out)["text"] == "abc a"
    for given in (np.zeros((2, 3, 4)), np.array(["a"]), np.array([np.nan])):
        with pytest.raises(UserError, match="samples"):
            forward.stream().push(given)
