"""What every way of reading texts keeps to: its words stand where it says, and each is a moment."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rnnkit.data.characters import Characters
from rnnkit.data.lexicon import Lexicon
from rnnkit.data.reading import Reading, read_again
from rnnkit.data.tokens import Tokens

from rnnkit.data.tokenizers import CharacterTokenizer, NgramTokenizer, SubwordTokenizer, WordTokenizer

TEXT = "The cat's hat sat, too. 12 mats!\n" * 3
READINGS: dict[str, Reading] = {
    "spaces": Lexicon.learn([TEXT.split()], "spaces", 100, 100),
    "punctuation": Lexicon.learn([TEXT.split()], "punctuation", 100, 100),
    "characters": Characters.learn([list(TEXT)], 100, 100, ahead=True),
    "word tokens": Tokens(WordTokenizer.learn([TEXT], 100)),
    "tokens at spaces": Tokens(WordTokenizer.learn(["the cat , the mat .\n" * 3], 100)),
    "character tokens": Tokens(CharacterTokenizer.learn([TEXT], 100)),
    "n-gram tokens": Tokens(NgramTokenizer.learn([TEXT], 100, 2)),
    "subword tokens": Tokens(SubwordTokenizer.learn([TEXT], 300, "bpe")),
}
EVERY_READING = pytest.mark.parametrize("name", READINGS)
TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("ab 'é\u0301\n\t.7\x1c"), max_size=30)


@EVERY_READING
@settings(max_examples=40)
@given(text=TEXTS)
def test_every_word_is_found_where_it_stands(name: str, text: str) -> None:
    reading = READINGS[name]
    end, words = 0, reading.cut(text)
    for word, (start, after) in zip(words, reading.places(text), strict=True):
        assert text[start:after] == word
        assert not text[end:start].strip()
        end = after
    assert not text[end:].strip()


@EVERY_READING
@settings(max_examples=40)
@given(texts=st.lists(TEXTS, max_size=3))
def test_a_word_is_a_moment_and_the_same_after_it_was_written_down(name: str, texts: list[str]) -> None:
    reading = READINGS[name]
    again = read_again(reading.to_json())
    cut = [reading.cut(text) for text in texts]
    coded, coded_again = reading.code(cut), again.code([again.cut(text) for text in texts])
    assert coded.lengths.tolist() == [len(words) for words in cut]
    for number in range(len(texts)):
        rows = coded.text(number)
        assert rows.shape[1] == 1 + reading.width
        assert (rows == coded_again.text(number)).all()
        assert (rows[:, 1] < len(reading.words)).all()
        assert (rows[:, 2:] <= len(reading.ngrams)).all()


@EVERY_READING
def test_words_are_counted_without_marks(name: str) -> None:
    assert READINGS[name].spaced(" a  b, ").split() in (["a", "b", ","], ["a", "b,"])
