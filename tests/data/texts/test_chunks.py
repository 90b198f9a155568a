"""Chunks: every target follows its input, nothing is lost, cursors go on, corpora hold what was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnkit.data.texts.chunks import StreamChunks, UnitChunks, once_through
from rnnkit.data.texts.corpus import Corpus, CorpusSize, forget_pages, hold_out, open_corpus, write_corpus
from rnnkit.data.texts.text import Block
from rnnkit.data.tokenizers import END, CharacterTokenizer, decode
from rnnkit.errors import UserError


def stream(count: int) -> Corpus:
    tokens = np.concatenate([[END], np.arange(2, count + 2)]).astype(np.uint32)
    return Corpus(tokens, None, CorpusSize(count, count, 0, 0, 4))


def units(lengths: list[int]) -> Corpus:
    parts = [np.append(np.arange(length) + 2 + 100 * number, END) for number, length in enumerate(lengths)]
    offsets = np.cumsum([0, *(len(part) for part in parts)]).astype(np.int64)
    tokens = np.concatenate(parts).astype(np.uint32)
    return Corpus(tokens, offsets, CorpusSize(len(tokens), len(tokens), 0, len(lengths), 4))


@given(count=st.integers(10, 200), batch=st.integers(1, 9), length=st.integers(1, 9))
def test_a_stream_is_read_in_order_by_each_row(count: int, batch: int, length: int) -> None:
    chunks = StreamChunks(stream(count), batch, length)
    cursor = chunks.start()
    rows: list[list[int]] = [[] for _ in range(batch)]
    for number in range(5):
        chunk = chunks.at(cursor)
        assert chunk.starts_sequence == (number == 0)
        assert chunk.size == batch * length
        for row in range(batch):
            rows[row] += chunk.inputs.data[row].tolist()
            assert chunk.targets[row, :-1].tolist() == chunk.inputs.data[row, 1:].tolist()
        cursor = chunks.after(cursor)
    whole = chunks.corpus.tokens.tolist() * 10
    for row, read in enumerate(rows):
        begin = row * (count + 1) // batch
        assert read == whole[begin : begin + 5 * length]


def test_a_text_shorter_than_a_chunk_is_refused() -> None:
    with pytest.raises(UserError, match="shorter than one chunk"):
        StreamChunks(stream(5), 1, 10)


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=40), batch=st.integers(1, 5), length=st.integers(1, 7))
def test_each_epoch_has_every_unit_once(lengths: list[int], batch: int, length: int) -> None:
    corpus = units(lengths)
    chunks = UnitChunks(corpus, batch, length, seed=3)
    chunks.pool = 4 * batch
    cursor = chunks.start()
    while cursor[0] < 2:
        epoch, seen, running = cursor[0], [], {}
        while cursor[0] == epoch:
            chunk = chunks.at(cursor)
            if chunk.starts_sequence:
                seen += running.values()
                running = {row: [END] for row in range(len(chunk.targets))}
            for row, size in enumerate(chunk.inputs.lengths.tolist()):
                if size:
                    assert chunk.inputs.data[row, 0] == running[row][-1]
                running[row] += chunk.targets[row, :size].tolist()
            cursor = chunks.after(cursor)
        seen += running.values()
        wanted = [
            [END, *corpus.tokens[a:b].tolist()] for a, b in zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True)
        ]
        assert sorted(seen) == sorted(wanted)


def test_epochs_come_in_other_orders_but_always_the_same() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        chunk = UnitChunks(units([3] * 40), 4, 9, seed).at((epoch, 0, 0, 0))
        return chunk.targets[:, 0].tolist()

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


@pytest.mark.parametrize("lanes", [1, 3, 8])
def test_scoring_meets_every_token_once(lanes: int) -> None:
    met: list[int] = []
    for chunk in once_through(stream(50), 7, lanes=lanes):
        met += chunk.targets[chunk.inputs.mask].tolist()
    assert sorted(met) == list(range(2, 52))
    lengths = [1, 5, 12, 3, 9] * 30
    corpus = units(lengths)
    met = [token for chunk in once_through(corpus, 7) for token in chunk.targets[chunk.inputs.mask].tolist()]
    assert sorted(met) == sorted(corpus.tokens.tolist())


def test_a_part_is_spread_over_the_whole() -> None:
    met = [
        token
        for chunk in once_through(stream(100), 4, limit=20, lanes=5)
        for token in chunk.targets[chunk.inputs.mask].tolist()
    ]
    assert sorted(met) == [2 + 20 * lane + place for lane in range(5) for place in range(4)]
    corpus = units([4] * 100)
    chunks = list(once_through(corpus, 9, limit=50))
    first = torch.cat([chunk.targets[:, 0] for chunk in chunks])
    assert sorted(first.tolist()) == [2 + 100 * unit for unit in range(0, 100, 10)]


def test_rows_of_a_chunk_are_rows_of_its_parts() -> None:
    chunk = StreamChunks(stream(100), 6, 5).at((2,))
    parts = [chunk.rows(slice(0, 3)), chunk.rows(slice(3, 6))]
    assert torch.equal(torch.cat([part.targets for part in parts]), chunk.targets)


def test_a_corpus_holds_what_was_written(tmp_path: Path) -> None:
    text = ["To be, or not", " to be.\n", "That is the question."]
    tokenizer = CharacterTokenizer.learn(text[:2], 100)
    blocks = [Block(text[0], True), Block(text[1], False), Block(text[2], True)]
    corpus = write_corpus(blocks, tokenizer, tmp_path / "a.bin", "stream")
    unknown = sum(character not in "".join(text[:2]) for character in text[2])
    assert corpus.size == CorpusSize(42, 42, unknown, 0, 1)
    again = open_corpus(tmp_path / "a.bin")
    assert decode(tokenizer, again.tokens[1:22]) == "To be, or not to be.\n"
    assert [int(place) for place in np.flatnonzero(again.tokens == END)] == [0, 22]
    forget_pages(again)
    assert np.array_equal(again.tokens, corpus.tokens)


def test_a_corpus_of_units(tmp_path: Path) -> None:
    tokenizer = CharacterTokenizer.learn(["abc. "], 100)
    corpus = write_corpus(
        [Block("a.\n\nb c.\n\n", True), Block("c", False)], tokenizer, tmp_path / "a.bin", "paragraph"
    )
    assert corpus.size == CorpusSize(10, 10, 0, 3, 1)
    assert corpus.offsets.tolist() == [0, 3, 8, 10]
    rest, tail = hold_out(corpus, tokenizer, 0.34, 1000)
    assert (rest.size.units, tail.size.units) == (2, 1)
    assert decode(tokenizer, tail.tokens[:-1]) == "c"
    assert tail.size.characters == 2


def test_held_out_text_is_the_end(tmp_path: Path) -> None:
    tokenizer = CharacterTokenizer.learn(["abcdefghij"], 100)
    corpus = write_corpus([Block("abcdefghij" * 10, True)], tokenizer, tmp_path / "a.bin", "stream")
    rest, tail = hold_out(corpus, tokenizer, 0.1, 1000)
    assert decode(tokenizer, rest.tokens[1:]) + decode(tokenizer, tail.tokens[1:]) == "abcdefghij" * 10
    assert tail.tokens[0] == END
    assert tail.size.tokens == tail.size.characters == len(tail) - 1 == 10
    assert rest.size.tokens == 90


def test_a_damaged_corpus_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(UserError, match="damaged"):
        open_corpus(tmp_path / "a.bin")
