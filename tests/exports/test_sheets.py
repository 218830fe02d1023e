"""Rows of CSV: the short way and the long way write the same bytes, whatever a row holds."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from itinerant.domain.fields import Type, check, unguarded
from itinerant.domain.kinds import KINDS
from server.exports import sheets, tables

SIGNS = "añ =+-@'\"\\,\t\r\n＝＋nulltrue[]{}\x7f0"
texts = st.text(st.sampled_from(SIGNS), max_size=8)
codes = st.builds(str.__add__, st.sampled_from("añn0"), texts)
values = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), codes)
contents = st.integers(0, 2).flatmap(
    lambda free: st.lists(st.tuples(*[texts | st.none()] * free, *[values] * 3), max_size=6).map(
        lambda rests: (rests, range(1, free + 1))
    )
)


@given(contents)
@example(([("null", None, None)], [1]))
@example(([("a,b", "null", None), ("x", "a],[", "[null]")], [1, 3]))
@example(([("'x", "＝x", -5), ("-x", "\x7f", None), ("á", "=1", 0)], [1, 2]))
@example(([(None, "\x7f"), ("a", "\x7f,")], [2]))
@example(([(None, "a\x7f"), ("=", "b")], [1]))
def test_both_ways_write_the_same(table):
    rests, free = table
    rows = [[f"LOR07-{number}", *rest] for number, rest in enumerate(rests, 1)] or [["LOR07-1"]]
    before = [list(row) for row in rows]
    expected = "".join(sheets.line([sheets.cell(value) for value in row]) for row in rows)
    assert sheets.csv_lines(rows, free if rests else []) == expected.encode()
    assert rows == before
    read = list(csv.reader(io.StringIO(expected, newline="")))
    assert list(map(len, read)) == list(map(len, rows))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_only_free_fields_may_begin_like_a_formula(kind):
    """What the short way does not look at is what no change can hold."""
    for item in unguarded(kind).fields:
        if item.type not in tables.FREE:
            for sign in "=+-@\t\r'＝＋－＠":
                for text in (sign, f"{sign}1", f"{sign}LOR07-1"):
                    assert check(item, [text] if item.type is Type.CODES else text) is not None, (item.name, text)
