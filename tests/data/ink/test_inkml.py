"""Traces as the recommendation has them: its own examples, channels in any order, prefixes, contexts."""

from __future__ import annotations

import pytest

from rnnkit.data.ink.inkml import points_of, traces_of
from rnnkit.data.tables.bad_rows import BadRow

HEAD = '<ink xmlns="http://www.w3.org/2003/InkML">'


def test_the_example_of_the_recommendation() -> None:
    """Section 3.2.2 of InkML has this trace, with what it stands for."""
    text = "1125 18432,'23'43,\"7\"-8,3-5,7 -3,6 2,6 8,3 6 T,2 4*T,3 6,3-6FF"
    wanted = [
        [1125, 18432], [1148, 18475], [1178, 18510], [1211, 18540], [1251, 18567], [1297, 18596], [1349, 18633],
        [1404, 18676], [1461, 18723], [1521, 18776], [1584, 18823],
    ]  # fmt: skip
    assert points_of(text, ("X", "Y", "S1", "S2")) == wanted


def test_values_that_go_on_as_before() -> None:
    assert points_of("1 2, * 5, '1 '0, * *, !9 !9, * *") == [[1, 2], [1, 5], [2, 5], [3, 5], [9, 9], [9, 9]]
    assert points_of('0 0, "2 "1, * *, * *') == [[0, 0], [2, 1], [6, 3], [12, 6]]


def test_numbers_of_every_kind_and_empty_traces() -> None:
    assert points_of("-1.5+2, #A -#b, .5 1e2,") == [[-1.5, 2], [10, -11], [0.5, 100]]
    assert points_of("") == points_of(" \n ") == []


@pytest.mark.parametrize(
    "definition",
    [
        "<traceFormat><channel name='T'/><channel name='Y'/><channel name='X'/></traceFormat>",
        "<context><traceFormat><channel name='T'/><channel name='Y'/><channel name='X'/></traceFormat></context>",
        "<definitions><inkSource xml:id='pen'><traceFormat><channel name='T'/><channel name='Y'/>"
        "<channel name='X'/></traceFormat></inkSource></definitions>",
        "<traceFormat><channel name='T'/><channel name='Y'/><channel name='X'/><intermittentChannels>"
        "<channel name='F'/></intermittentChannels></traceFormat>",
    ],
)
def test_channels_stand_in_the_order_of_the_format(definition: str) -> None:
    found = traces_of(f"{HEAD}{definition}<traceGroup><trace>0 2 1, 9 4 3</trace></traceGroup></ink>")
    assert found == [[[1, 2], [3, 4]]]


def test_each_trace_has_the_format_of_its_context() -> None:
    text = f"""{HEAD}<definitions>
    <traceFormat xml:id='yx'><channel name='Y'/><channel name='X'/></traceFormat>
    <inkSource xml:id='pen'><traceFormat><channel name='X'/><channel name='Y'/></traceFormat></inkSource>
    <context xml:id='one' traceFormatRef='#yx'/><context xml:id='two' inkSourceRef='#pen'/></definitions>
    <trace contextRef='#one'>1 2</trace><trace contextRef='#two'>1 2</trace>
    <!-- a comment --><trace type='penUp' contextRef='#two'>7 8</trace></ink>"""
    assert traces_of(text) == [[[2, 1]], [[1, 2]]]


def test_without_a_name_space_and_without_a_format() -> None:
    assert traces_of("<ink><trace id='t0'>1 2, 3 4</trace></ink>") == [[[1, 2], [3, 4]]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<ink><trace>1 2, 3</trace></ink>", "point 2 is ' 3'"),
        ("<ink><trace>1 2, a b</trace></ink>", "expected numbers in a trace"),
        ("<ink><traceFormat><channel name='F'/></traceFormat><trace>1</trace></ink>", "channels X and Y, got F"),
        ("<ink>", "damaged"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(BadRow, match=said):
        traces_of(text)


def test_references_in_a_circle_end() -> None:
    text = f"{HEAD}<context xml:id='a' contextRef='#a'/><trace contextRef='#a'>1 2</trace></ink>"
    assert traces_of(text) == [[[1, 2]]]
