"""Rows of CSV: the short way and the long way write the same bytes, whatever a row holds."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from server.exports import sheets

texts = st.text(st.sampled_from("añ =+-@'\"\\,\t\r\n＝＋nulltrue[]{}0"), max_size=8)
values = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), texts)


@given(st.lists(values, max_size=6))
@example(["null", None, None])
@example(["a,b", "null", None])
@example(["'x", "＝x", "-x", -5])
def test_both_ways_write_the_same(rest):
    row = ["LOR07-1", *rest]
    expected = sheets.line(["" if value is None else sheets.cell(value) for value in row])
    assert sheets.csv_line(row) == expected.encode()
    read = next(csv.reader(io.StringIO(expected, newline="")))
    assert len(read) == len(row)
