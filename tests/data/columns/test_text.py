"""What every way of reading texts keeps to: its words stand where it says, and each is a time step."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnkit.data.columns.characters import Characters
from rnnkit.data.columns.lexicon import Lexicon
from rnnkit.data.columns.text import TextVectorizer, vectorizer_from_json
from rnnkit.data.columns.tokens import Tokens
from rnnkit.data.tokenizers import CharacterTokenizer, NgramTokenizer, SubwordTokenizer, WordTokenizer

TEXT = "The cat's hat sat, too. 12 mats!\n" * 3
VECTORIZERS: dict[str, TextVectorizer] = {
    "spaces": Lexicon.learn([TEXT.split()], "spaces", 100, 100),
    "punctuation": Lexicon.learn([TEXT.split()], "punctuation", 100, 100),
    "characters": Characters.learn([list(TEXT)], 100, 100, ahead=True),
    "word tokens": Tokens(WordTokenizer.learn([TEXT], 100)),
    "tokens at spaces": Tokens(WordTokenizer.learn(["the cat , the mat .\n" * 3], 100)),
    "character tokens": Tokens(CharacterTokenizer.learn([TEXT], 100)),
    "n-gram tokens": Tokens(NgramTokenizer.learn([TEXT], 100, 2)),
    "subword tokens": Tokens(SubwordTokenizer.learn([TEXT], 300, "bpe")),
}
EVERY_VECTORIZER = pytest.mark.parametrize("name", VECTORIZERS)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("ab 'é\u0301\n\t.7\x1c"), max_size=30)


@EVERY_VECTORIZER
@settings(max_examples=40)
@given(text=TEXTS)
def test_every_word_is_found_where_it_stands(name: str, text: str) -> None:
    vectorizer = VECTORIZERS[name]
    end, words = 0, vectorizer.cut(text)
    for word, (start, after) in zip(words, vectorizer.places(text), strict=True):
        assert text[start:after] == word
        assert not text[end:start].strip()
        end = after
    assert not text[end:].strip()


@EVERY_VECTORIZER
@settings(max_examples=40)
@given(texts=st.lists(TEXTS, max_size=3))
def test_a_word_is_a_time_step_and_the_same_after_it_was_written_down(name: str, texts: list[str]) -> None:
    vectorizer = VECTORIZERS[name]
    again = vectorizer_from_json(vectorizer.to_json())
    cut = [vectorizer.cut(text) for text in texts]
    found, found_again = vectorizer.encode(cut), again.encode([again.cut(text) for text in texts])
    assert found.lengths.tolist() == [len(words) for words in cut]
    for number in range(len(texts)):
        rows = found.text(number)
        assert rows.shape[1] == 1 + vectorizer.width
        assert (rows == found_again.text(number)).all()
        assert (rows[:, 1] < len(vectorizer.words)).all()
        assert (rows[:, 2:] <= len(vectorizer.ngrams)).all()


@EVERY_VECTORIZER
def test_words_are_counted_without_marks(name: str) -> None:
    assert VECTORIZERS[name].spaced(" a  b, ").split() in (["a", "b", ","], ["a", "b,"])
