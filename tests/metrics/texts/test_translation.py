"""BLEU and chrF are sacrebleu's own; the dictionary finds what words mean."""

from __future__ import annotations

from pathlib import Path

import pytest
import sacrebleu

from rnnkit.errors import UserError
from rnnkit.metrics import Dictionary, bleu_tokenizer, score_translations

FOUND = ["the cat sat on the mat .", "a dog", "", "he runs fast !"]
RIGHT = [["the cat sat on a mat ."], ["a dog barks", "the dog"], ["nothing"], ["he runs fast !", "he is fast", "go"]]


@pytest.mark.parametrize("tokenizer", ["none", "13a", "char"])
def test_scores_are_those_of_the_library_whatever_the_number_of_references(tokenizer: str) -> None:
    streams = [[own[n] if n < len(own) else None for own in RIGHT] for n in range(3)]
    scores = score_translations(FOUND, RIGHT, tokenizer)
    assert scores["bleu"] == pytest.approx(sacrebleu.corpus_bleu(FOUND, streams, tokenize=tokenizer, force=True).score)
    assert scores["chrf"] == pytest.approx(sacrebleu.corpus_chrf(FOUND, streams).score)
    assert f"tok:{tokenizer}" in scores["bleu_signature"]
    low, high = scores["bleu_interval"]
    assert 0 <= low <= high <= 100


def test_nothing_has_no_scores() -> None:
    assert score_translations([], [], "13a") == {}


def test_texts_that_are_cut_into_words_are_scored_as_they_are() -> None:
    assert bleu_tokenizer([["a dog , and a cat ."]]) == "none"
    assert bleu_tokenizer([["A dog, and a cat."]]) == "13a"


def test_a_dictionary_learns_which_words_go_together_and_copies_what_it_does_not_know(tmp_path: Path) -> None:
    nouns, kinds = {"cat": "gato", "dog": "perro", "cow": "vaca"}, {"big": "grande", "old": "viejo"}
    pairs = [(f"the {k} {n}", f"el {nouns[n]} {kinds[k]}") for n in nouns for k in kinds] * 2
    learned = Dictionary.learn([source for source, _ in pairs], [target for _, target in pairs])
    learned.save(tmp_path / "d.json")
    found = Dictionary.load(tmp_path / "d.json")
    assert (found.translate("cow"), found.translate("old")) == ("vaca", "viejo")
    assert found.translate("the old cow Bob") == "el viejo vaca Bob"
    assert Dictionary.learn(["", "a"], ["b", ""]).translate("a b") == "a b"
    with pytest.raises(UserError, match="missing or damaged"):
        Dictionary.load(tmp_path / "none.json")
