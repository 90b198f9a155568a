"""What reads what others wrote answers or refuses, in one line, whatever bytes come: a sample of
`benchmarks/fuzz_parsers.py`, and what that found."""

from __future__ import annotations

import json
import random

import pytest

from parsers import Parser, all_parsers, outcome
from rnnkit.data.examples.split import by_fold
from rnnkit.errors import UserError

SAMPLE = 300
FOUND = {
    "values of options": [b"9" * 5000 + b"h", b"1," + b"9" * 5000, b"a\rb"],
    "live lines": [b'{"value": ' + b"[" * 100_000, b'{"a":' * 100_000, b"9999-12-31T23:59:59.999999-14:00,1"],
    "series with times": [b"a\x0cb\n1\n2\n", b"a\x0cb,c\n1,x\n2,y\n"],
    "toml": [b"[data]\na = " + b"[" * 100_000, b"[data]\nhorizon = " + b"9" * 5000],
    "run forecasting config.json": [b'{"rnnkit_run": 1, "data": {}, "model": {}, "training": {}}'],
}
"""inputs that once made a traceback"""


@pytest.fixture(scope="module")
def parsers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Parser]:
    return all_parsers(tmp_path_factory.mktemp("parsers"))


@pytest.mark.filterwarnings("ignore")
def test_good_inputs_are_read_and_damaged_ones_answered_or_refused(parsers: dict[str, Parser]) -> None:
    for name, parser in parsers.items():
        assert [outcome(parser.read, seed) for seed in parser.seeds] == ["read"] * len(parser.seeds), name
        chance = random.Random(name)
        for _ in range(min(SAMPLE, 100 * parser.share)):
            data = parser.mutate(parser.seeds, chance)
            try:
                outcome(parser.read, data)
            except Exception as error:
                pytest.fail(f"{name}: {data[:200]!r}: {error!r}")


@pytest.mark.parametrize(("name", "data"), [(name, data) for name, all_of in FOUND.items() for data in all_of])
def test_what_once_made_a_traceback_makes_none(name: str, data: bytes, parsers: dict[str, Parser]) -> None:
    assert outcome(parsers[name].read, data) in ("read", "refused")


def test_a_tokenizer_that_knows_no_unknown_piece_is_refused(parsers: dict[str, Parser]) -> None:
    whole = next(seed for seed in parsers["tokenizers"].seeds if b"Unigram" in seed)
    changed = json.loads(whole)
    changed["tokenizer"]["model"]["unk_id"] = None
    assert outcome(parsers["tokenizers"].read, whole) == "read"
    assert outcome(parsers["tokenizers"].read, json.dumps(changed).encode()) == "refused"


def test_a_fold_of_very_many_digits_is_refused() -> None:
    with pytest.raises(UserError, match="--fold takes"):
        by_fold([], [], 0.1, "1/" + "9" * 5000)
