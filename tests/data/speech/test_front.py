"""What is said of texts: numbers, signs, abbreviations, marks, words' units, pronunciations."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from rnnkit.data.speech.front import LONGEST, PARTINGS, Front
from rnnkit.data.speech.pronouncing import phones_of, pronouncer, read_pronunciations
from rnnkit.data.speech.spelling import check_language, spelled
from rnnkit.errors import UserError

FRONT = Front("characters", "en", tuple("abcdefghijklmnopqrstuvwxyz'"))


def read(front: Front, text: str) -> str:
    """The units of a text, as they stand."""
    return "".join(front.names[unit] for unit in front.encode(text).units[1:-1])


@pytest.mark.parametrize(
    ("written", "said"),
    [("7", "seven"), ("1984", "nineteen eighty four"), ("1,234", "one thousand two hundred and thirty four"),
     ("3.14", "three point one four"), ("21st", "twenty first"), ("$4.50", "four dollars fifty cents"),
     ("12%", "twelve percent"), ("10:30", "ten thirty"), ("Dr.", "doctor"), ("e.g.", "for example"),
     ("AT&T", "at and t"), ("x²", "x two"), ("1234567890123456", "one two three four five six seven eight nine zero "
      "one two three four five six"), ("1.2.3", "one two three"), ("don’t", "don't"), ("'tis", "tis"), ("—", ""),
     ("٣", "three"), ("007", "seven"), ("½", "one two"), ("5,000,000", "five million"), ("😀", "")],
)  # fmt: skip
def test_numbers_signs_and_abbreviations_are_spelled(written: str, said: str) -> None:
    assert " ".join(spelled(written, "en")) == said


def test_other_languages_have_numbers_of_their_own() -> None:
    assert spelled("3,5", "de") == ["drei", "komma", "fünf"]
    assert spelled("1.000", "de") == ["eintausend"]
    assert spelled("21", "fr") == ["vingt", "et", "un"]
    assert spelled("5%", "fr") == ["cinq"], "signs are spelled in English alone"
    check_language("pt_BR")
    with pytest.raises(UserError, match="--language takes one of"):
        check_language("xx")


def test_whatever_is_written_is_spelled_in_letters() -> None:
    chance = random.Random(1)
    for _ in range(300):
        written = "".join(chance.choice("0123456789.,$€%-'’aZé²½٣😀)(:/\u0301") for _ in range(chance.randint(1, 12)))
        for word in spelled(written, chance.choice(("en", "de", "fr", "ja"))):
            assert word
            assert not any(character.isdigit() and character.isascii() for character in word)


def test_marks_part_words_and_words_know_their_units() -> None:
    said = FRONT.encode("Hello,  (world) … 2 U.S. Dr. Who?")
    assert read(FRONT, "Hello,  (world) … 2 U.S. Dr. Who?") == "hello,world.two u s.doctor who?"
    assert said.words == ["Hello,", "(world)", "2", "U.S.", "Dr.", "Who?"]
    for number, units in enumerate(("hello", "world", "two", "u s", "doctor", "who")):
        own = said.units[said.owners == number]
        assert "".join(FRONT.names[unit] for unit in own) == units
    assert said.units[0] == said.units[-1] == 0
    parts = said.units[said.owners < 0]
    assert (parts < len(PARTINGS)).all()


@pytest.mark.parametrize("text", ["", " \n", "😀", "- — !", "。"])
def test_what_says_nothing_is_two_ends(text: str) -> None:
    said = FRONT.encode(text)
    assert (said.units.tolist(), said.words) == ([0, 0], [])


def test_what_training_has_not_is_left_out_or_loses_its_accents() -> None:
    front = Front("characters", "en", tuple("aeinv"))
    assert read(front, "naïve café") == "naive ae"
    assert front.unknown("naïve café 😀") == ["c", "f", "😀"]
    assert front.unknown("naïve") == []


def test_long_texts_are_said_in_sentences_none_of_which_is_too_long() -> None:
    text = "Mr. Smith came. Did he? " + "word " * 10_000
    found = FRONT.sentences(text)
    assert found[:2] == ["Mr. Smith came.", "Did he?"]
    assert " ".join(found).split() == text.split()
    assert max(len(FRONT.encode(sentence).units) for sentence in found) <= LONGEST + 10
    assert FRONT.sentences("") == FRONT.sentences(" \n ") == []
    one_word = FRONT.sentences("a" * 5000)
    assert "".join(one_word) == "a" * 5000
    assert max(map(len, one_word)) < LONGEST


def test_a_front_is_learned_and_saved() -> None:
    front = Front.learn("characters", "de", {"x": "iks"}, ["Ein Bär, 7 x!"])
    assert front.pieces == tuple(sorted(set("einbärsiebeniks")))
    again = Front.from_json(front.to_json())
    assert again == front
    assert np.array_equal(again.encode("Bär x").units, front.encode("Bär x").units)
    for damage in ({"kind": "letters"}, {"pieces": []}, {"pieces": [3]}, {"language": 7}, {"pronunciations": {"a": 1}}):
        with pytest.raises((ValueError, TypeError)):
            Front.from_json({**front.to_json(), **damage})


def test_pronunciations_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "said.txt"
    path.write_text("# names\nrnnkit\tr n n kit\nColonel kernel\n\n3D\tthree dee\n", encoding="utf-8")
    front = FRONT.knowing(read_pronunciations(str(path), "characters"))
    assert read(front, "RNNkit colonel 3D") == "r n n kit kernel three dee"
    assert front.encode("RNNkit colonel 3D").words == ["RNNkit", "colonel", "3D"]
    for text in ("alone\n", "x\t/iks/\n"):
        path.write_text(text)
        with pytest.raises(UserError, match="line 1: expected a word and how it is said"):
            read_pronunciations(str(path), "characters")
    with pytest.raises(UserError, match="expected a file of pronunciations"):
        read_pronunciations(str(tmp_path / "none"), "characters")


def test_phonetic_letters_keep_their_marks() -> None:
    assert phones_of("t͡ʃɜː tʰiː") == ["t͡", "ʃ", "ɜː", "tʰ", "iː"]


def test_phonemes_come_from_packages() -> None:
    pytest.importorskip("g2p2_group_germanic")
    assert "".join(pronouncer("phonemes", "en")("through")) == "θɹuː"
    front = Front.learn("phonemes", "en", {"rnnkit": "/kɪt/", "squad": "kit"}, ["through the rnnkit squad"])
    assert [units[:-1] for _, units in front.cut("rnnkit squad")] == [["k", "ɪ", "t"], ["k", "ɪ", "t"]]
    with pytest.raises(UserError, match="expected pronunciations of --language xx"):
        pronouncer("phonemes", "xx")
