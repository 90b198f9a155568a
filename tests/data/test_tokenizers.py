"""Every level of the token: text comes back, the unknown is known, files survive."""

from __future__ import annotations

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from rnnkit.data import tokenizers
from rnnkit.data.tokenizers import UNKNOWN, decode
from rnnkit.data.tokenizers.character import CharacterTokenizer, graphemes
from rnnkit.data.tokenizers.ngram import NgramTokenizer
from rnnkit.data.tokenizers.subword import SubwordTokenizer
from rnnkit.data.tokenizers.word import WordTokenizer, rule_for
from rnnkit.errors import UserError

TEXT = "The cat sat on the mat; the cat's hat sat, too.\n\nNaïve café — 3 cats & 12 mats!  Don't.\n" * 3

LEARNED = {
    "character": CharacterTokenizer.learn([TEXT], 1000),
    "2-gram": NgramTokenizer.learn([TEXT], 1000, 2),
    "3-gram": NgramTokenizer.learn([TEXT], 1000, 3),
    "word": WordTokenizer.learn([TEXT], 1000),
    "bpe": SubwordTokenizer.learn([TEXT], 300, "bpe"),
    "unigram": SubwordTokenizer.learn([TEXT], 300, "unigram"),
}


@pytest.mark.parametrize("name", LEARNED)
def test_text_comes_back(name: str) -> None:
    assert decode(LEARNED[name], LEARNED[name].encode(TEXT)) == TEXT


@pytest.mark.parametrize("name", ["bpe", "unigram"])
@given(text=st.text(max_size=30))
def test_subwords_know_every_text(name: str, text: str) -> None:
    tokenizer = LEARNED[name]
    tokens = tokenizer.encode(text)
    assert decode(tokenizer, tokens) == text
    assert UNKNOWN not in tokens


@given(text=st.text(alphabet="ab e\u0301🇩🇪👩‍👧\n\u200d한글", max_size=20))
def test_graphemes_are_those_of_the_standard(text: str) -> None:
    assert graphemes(text) == regex.findall(r"\X", text)


@given(text=st.text(alphabet="abcé\u0301🇩🇪\n ", max_size=20))
def test_characters_learned_from_a_text_encode_it(text: str) -> None:
    tokenizer = CharacterTokenizer.learn([text], 1000)
    assert decode(tokenizer, tokenizer.encode(text)) == text
    assert len(tokenizer.encode(text)) == len(graphemes(text))


@pytest.mark.parametrize("name", LEARNED)
def test_a_file_gives_the_same_tokenizer(name: str) -> None:
    tokenizer = LEARNED[name]
    again = tokenizers.loads(tokenizers.dumps(tokenizer), "a file")
    assert again.pieces == tokenizer.pieces
    assert list(again.encode(TEXT + "zq∂")) == list(tokenizer.encode(TEXT + "zq∂"))


def test_unknown_characters_have_a_token() -> None:
    tokens = LEARNED["character"].encode("a∂t")
    assert tokens[1] == UNKNOWN
    assert UNKNOWN not in (tokens[0], tokens[2])


def test_ngrams_do_not_overlap_and_fall_back() -> None:
    tokenizer = NgramTokenizer.learn(["abcabcabc"], 100, 2)
    assert [tokenizer.pieces[t] for t in tokenizer.encode("abcab?b")] == ["ab", "ca", "b", "<unk>", "b"]


def test_the_vocabulary_is_capped_and_ordered() -> None:
    tokenizer = CharacterTokenizer.learn(["aaabbc"], 4)
    assert tokenizer.pieces == ["<end>", "<unk>", "a", "b"]
    ngrams = NgramTokenizer.learn([TEXT], 64, 2)
    assert len(ngrams.pieces) <= 64


def test_words_of_tokenised_text_are_split_at_spaces() -> None:
    text = " = Title = \n the <unk> sat , on the @-@ mat . \n the <unk> sat , on the mat . \n"
    tokenizer = WordTokenizer.learn([text, text], 100)
    assert tokenizer.rule == "spaces"
    words = [tokenizer.pieces[token] for token in tokenizer.encode(" the <unk> @-@ \n")]
    assert words == ["the", "<unk>", "@-@", "\n"]
    assert tokenizer.encode("<unk>")[0] == UNKNOWN, "the text's own <unk> is the unknown"
    assert decode(tokenizer, tokenizer.encode("the mat .\nthe mat")) == "the mat .\nthe mat"
    assert rule_for([TEXT]) == "punctuation"


def test_words_seen_once_are_unknown() -> None:
    tokenizer = WordTokenizer.learn(["one two two. two three three."], 100)
    assert UNKNOWN in tokenizer.encode("one")
    assert UNKNOWN not in tokenizer.encode(" two three")


def test_half_a_character_waits_for_its_other_half() -> None:
    tokenizer = LEARNED["bpe"]
    text_of = tokenizer.decoder()
    parts = [text_of(int(token)) for token in tokenizer.encode("∂")]
    assert "".join(parts) == "∂"
    assert "\ufffd" not in "".join(parts)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"rnnkit_tokenizer": 1, "level": "runes"}', '{"rnnkit_tokenizer": 1']
)
def test_damaged_files_are_named(text: str) -> None:
    with pytest.raises(UserError, match=r"a tokenizer.s file at tok\.json, but it is missing or damaged"):
        tokenizers.loads(text, "tok.json")


def test_newer_files_are_refused() -> None:
    with pytest.raises(UserError, match="newer rnnkit"):
        tokenizers.loads('{"rnnkit_tokenizer": 99, "level": "character", "pieces": []}', "tok.json")


@pytest.mark.parametrize("name", LEARNED)
@given(text=st.text(alphabet="abc the 19née\u0301漢字😀\r\n<>.'", max_size=30))
@example(text="a <end> <unk>")
def test_what_tokens_stand_for_has_the_same_tokens(name: str, text: str) -> None:
    tokenizer = LEARNED[name]
    cut = tokenizer.cut(text)
    assert "".join(cut) == text
    assert len(cut) == len(tokenizer.encode(text))


def test_words_cut_at_spaces_have_the_same_tokens() -> None:
    tokenizer = WordTokenizer.learn(["the cat , the mat .\n" * 9], 100)
    assert tokenizer.rule == "spaces"
    cut = tokenizer.cut("the  cat\n, a dog")
    assert cut == ["the", "cat", "\n", ",", "a", "dog"]
    assert len(tokenizer.encode("the  cat\n, a dog")) == len(tokenizer.encode(" ".join(cut))) == 6
