"""Rows of CSV: the short way and the long way write the same bytes, whatever a row holds."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from server.exports import sheets

texts = st.text(st.sampled_from("añ =+-@'\"\\,\t\r\n＝＋nulltrue[]{}0"), max_size=8)
values = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), texts)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(values, min_size=width, max_size=width), max_size=6)))
@example([["null", None, None]])
@example([["a,b", "null", None], ["x", "],[", "[null]"]])
@example([["'x", "＝x", -5], ["-x", "\x7f", None], ["á", "=1", 0]])
@example([[None, "\x7f"], ["a", "\x7f,"]])
def test_both_ways_write_the_same(rests):
    rows = [[f"LOR07-{number}", *rest] for number, rest in enumerate(rests, 1)] or [["LOR07-1"]]
    free = [at for at in range(1, len(rows[0])) if all(row[at] is None or type(row[at]) is str for row in rows)][:2]
    before = [list(row) for row in rows]
    expected = "".join(sheets.line([sheets.cell(value) for value in row]) for row in rows)
    for texts in (free, []):
        assert sheets.csv_lines(rows, texts) == expected.encode()
        assert rows == before
    read = list(csv.reader(io.StringIO(expected, newline="")))
    assert list(map(len, read)) == list(map(len, rows))
