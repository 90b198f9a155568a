"""Cards show names and texts as they are, whatever Markdown would make of them."""

from __future__ import annotations

import re

import pytest

from rnnkit.runs.card import as_it_is, fenced

NAMES = [
    "[/x]",
    "a|b",
    "*or*",
    "_it_",
    "`c`",
    "<script>",
    "$5_$",
    "# no title",
    "~~gone~~",
    "&amp;",
    "a\\b",
    "two\n# lines",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    made = as_it_is(name)
    assert "\n" not in made
    # A backslash before a mark is Markdown's way to mean the mark; `_` within a word means nothing.
    assert re.sub(r"\\([^a-z0-9\s])", r"\1", made) == name.replace("\n", "\\n")
    assert not re.search(r"(?<!\\)(\\\\)*[*`<>|$~&#\[\]]", made)
    assert as_it_is("my_file_1.csv") == "my_file_1.csv"


@pytest.mark.parametrize("text", ["plain", "```\n# a title\n```", "````"])
def test_a_block_ends_where_its_text_does(text: str) -> None:
    fence, *lines, end = fenced(text).split("\n")
    assert "\n".join(lines) == text
    assert fence == end
    assert fence not in text
