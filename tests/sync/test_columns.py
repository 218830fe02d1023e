"""The column form: whatever a log may hold comes back, and nothing else is believed."""

import contextlib
import random

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from itinerant.errors import Damaged
from itinerant.log.chain import Head, relink
from itinerant.sync import columns, wire
from itinerant.sync.coding import ABSENT, CONSTANT, DICTIONARY, INTEGER, LIST, SPARSE, TEXT, Decoder, Rows
from itinerant.sync.compression import compress, decompress
from itinerant.sync.limits import LIMITS, Limits
from itinerant.sync.wire import Reader
from tests.sync import logs


@settings(max_examples=60)
@given(st.lists(logs.changes(), max_size=8), st.dictionaries(st.text(max_size=5), logs.values, max_size=3))
def test_any_changes_and_preamble_come_back_as_they_were(changes, preamble):
    assert columns.decode(columns.encode(changes, preamble)) == (preamble, changes)


@given(logs.logs(max_size=10))
def test_a_run_of_a_log_chains_to_the_same_hashes(run):
    head, links = run
    _preamble, changes = columns.decode(columns.encode([link.change for link in links]))
    assert relink(changes, head) == links


def test_a_day_s_log_comes_back():
    links = logs.session_log(300)
    links += logs.amendment_log(links, 60)
    _preamble, changes = columns.decode(columns.encode([link.change for link in links]))
    assert relink(changes, Head(0, links[0].change.prev)) == links


def test_nothing_to_say_takes_no_byte():
    assert columns.encode([]) == b""
    assert columns.decode(b"") == ({}, [])


def test_true_is_not_one_and_an_empty_list_is_a_value():
    links = logs.write([(logs.Draft("session", {"x": value, "y": []}), 0) for value in (True, 1, False, 0, None, "1")])
    _preamble, changes = columns.decode(columns.encode([link.change for link in links]))
    assert [type(change.set["x"]) for change in changes] == [bool, int, bool, int, type(None), str]
    assert relink(changes, logs.START) == links


# -- sizes that the project promises, without envelopes


@pytest.mark.parametrize(("count", "limit"), [(1_000, 17.5), (100, 28)])
def test_ordinary_sessions_are_small(count, limit):
    changes = [link.change for link in logs.session_log(count, seed=20)]
    assert len(columns.encode(changes)) / count <= limit


def test_amendments_are_small():
    changes = [link.change for link in logs.amendment_log(logs.session_log(1_000), 100)]
    assert len(columns.encode(changes)) / 100 <= 18


# -- hostile input


def body(preamble=b"", plan=b"", streams=b""):
    return compress([wire.prefixed(preamble) + wire.prefixed(plan) + streams], LIMITS.window)


def refused(data, limits=LIMITS):
    with pytest.raises(Damaged) as caught:
        columns.decode(data, limits)
    return caught.value


def test_every_cut_is_refused():
    data = columns.encode([link.change for link in logs.session_log(20)], {"more": True})
    for end in range(1, len(data)):
        refused(data[:end])


def test_bytes_after_the_end_are_refused():
    data = columns.encode([link.change for link in logs.session_log(3)])
    refused(data + b"\x00")
    refused(data + data)


@given(st.binary(max_size=200))
def test_noise_is_refused(noise):
    refused(b"\x00" + noise)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_noise_inside_a_good_frame_is_refused_or_well_formed(plan, streams):
    try:
        _preamble, changes = columns.decode(body(plan=plan, streams=streams))
    except Damaged:
        return
    assert all(change.to_bytes() for change in changes)


PLAIN = decompress(columns.encode([link.change for link in logs.session_log(40)], {"more": True}), LIMITS)


@given(st.integers(0, len(PLAIN) * 8 - 1))
@settings(max_examples=200)
def test_a_flipped_bit_under_the_compression_never_escapes_as_another_error(bit):
    damaged = bytearray(PLAIN)
    damaged[bit // 8] ^= 1 << bit % 8
    with contextlib.suppress(Damaged):
        columns.decode(compress([bytes(damaged)], LIMITS.window))


def test_a_bomb_is_refused_before_it_fills_memory():
    parameters = zstandard.ZstdCompressionParameters.from_level(19, window_log=20)
    bomb = zstandard.ZstdCompressor(compression_params=parameters).compress(bytes(1 << 28))
    assert len(bomb) < 1 << 15
    assert refused(bomb).code == "bomb"


def test_a_frame_that_wants_a_giant_window_is_refused():
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    refused(zstandard.ZstdCompressor(compression_params=parameters).compress(random.Random(1).randbytes(1 << 22)))


def column(kind, *parts):
    return bytes((kind,)) + b"".join(parts)


ZERO = column(CONSTANT, wire.json(0))
HUGE = column(CONSTANT, wire.json(2**40))


def plan_of(*, count=1, tables=1, kind=b"session", flags=1, names=(), columns=()):
    table = wire.prefixed(kind) + bytes((flags, len(names))) + b"".join(map(wire.prefixed, names))
    return wire.varint(count) + wire.varint(tables) + table * tables + b"".join(columns)


FRAME = (
    ZERO,
    column(CONSTANT, wire.json("LOR07")),
    column(CONSTANT, wire.json(1)),
    column(CONSTANT, wire.json(5)),
    column(CONSTANT, wire.json("P1")),
    column(CONSTANT, wire.json(1)),
    column(CONSTANT, wire.json("")),
)
"""The columns of one change without record or base: table, device, seq, at, by, v, why."""


def test_the_hand_made_plan_is_good():
    _preamble, changes = columns.decode(body(plan=plan_of(columns=FRAME)))
    assert changes[0].ref == "LOR07-1"


def constant(value):
    return column(CONSTANT, wire.json(value))


@pytest.mark.parametrize("extra", [{"plan": b"\x00"}, {"streams": b"\x00"}], ids=["plan", "streams"])
def test_bytes_that_no_column_reads_are_refused(extra):
    good = {"plan": plan_of(columns=FRAME), "streams": b""}
    refused(body(**{name: data + extra.get(name, b"") for name, data in good.items()}))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (1, "lor07"),
        (1, None),
        (2, 0),
        (2, True),
        (3, 2**53),
        (3, "1"),
        (4, "Ana Torres"),
        (5, 0),
        (6, "x" * 201),
        (6, 5),
    ],
)
def test_a_frame_that_no_log_may_hold_is_refused(place, value):
    frame = [*FRAME]
    frame[place] = constant(value)
    refused(body(plan=plan_of(columns=frame)))


@pytest.mark.parametrize("value", [1.5, {"a": 1}, [1], [["x"]], 2**60, "n\u0303"], ids=str)
def test_a_value_that_no_log_may_hold_is_refused(value):
    refused(body(plan=plan_of(names=(b"note",), columns=(*FRAME, constant(value)))))


@pytest.mark.parametrize("name", [b"Note", b"", b"\xff", b"a b", b"x" * 33])
def test_a_field_or_kind_of_another_form_is_refused(name):
    refused(body(plan=plan_of(names=(name,), columns=(*FRAME, constant("x")))))
    refused(body(plan=plan_of(kind=name, columns=FRAME)))


def test_lists_claimed_by_a_few_bytes_are_bounded_together():
    claim = column(LIST, column(CONSTANT, wire.json(40_000)), column(CONSTANT, wire.json("x")))
    columns.decode(body(plan=plan_of(names=(b"a", b"b"), columns=(*FRAME, claim, claim))))
    refused(body(plan=plan_of(names=(b"a", b"b", b"c"), columns=(*FRAME, claim, claim, claim))))


@pytest.mark.parametrize(
    ("plan", "streams"),
    [
        pytest.param(plan_of(count=2**40), b"", id="changes without end"),
        pytest.param(wire.varint(1) + wire.varint(2**40), b"", id="tables without end"),
        pytest.param(plan_of(names=(b"b", b"a")), b"", id="fields out of order"),
        pytest.param(plan_of(names=(b"a", b"a")), b"", id="a field twice"),
        pytest.param(plan_of(flags=6), b"", id="flags of no meaning"),
        pytest.param(plan_of(columns=(HUGE,)), b"", id="a table that is not there"),
        pytest.param(plan_of(columns=(column(9),)), b"", id="a coding that is not there"),
        pytest.param(plan_of(columns=(column(CONSTANT, wire.varint(2**62)),)), b"", id="longer than all"),
        pytest.param(
            plan_of(columns=(column(DICTIONARY, wire.json([0]), b"\x08"),)), b"\x01", id="outside the alphabet"
        ),
        pytest.param(plan_of(columns=(column(DICTIONARY, wire.json([0]), b"\x03"),)), b"\x00", id="indices of 3 bits"),
        pytest.param(plan_of(columns=(column(DICTIONARY, wire.json({}), b"\x08"),)), b"\x00", id="no alphabet"),
        pytest.param(
            plan_of(columns=(column(INTEGER, b"\x00", wire.signed(0), b"\x09"),)), bytes(9), id="9 bytes wide"
        ),
        pytest.param(
            plan_of(columns=(column(INTEGER, b"\x02", wire.signed(0), b"\x00"),)), b"", id="no reference here"
        ),
        pytest.param(plan_of(columns=(column(TEXT, HUGE),)), b"", id="text without end"),
        pytest.param(plan_of(columns=(column(LIST, HUGE, ZERO),)), b"", id="list without end"),
        pytest.param(plan_of(columns=(column(SPARSE, column(CONSTANT, wire.json(7)), ZERO),)), b"", id="state 7"),
        pytest.param(
            plan_of(columns=(column(SPARSE, column(SPARSE, column(SPARSE, column(SPARSE)))),)), b"", id="deep"
        ),
        pytest.param(plan_of(columns=(column(CONSTANT, wire.prefixed(b"[" * 5_000)),)), b"", id="deep JSON"),
        pytest.param(b"\xff" * 12, b"", id="a number without end"),
    ],
)
def test_what_no_writer_writes_is_refused(plan, streams):
    refused(body(plan=plan, streams=streams))


@pytest.mark.parametrize("preamble", [b"[]", b"{", b"[" * 9_000, b"\xff"], ids=["list", "cut", "deep", "noise"])
def test_a_preamble_that_is_no_object_is_refused(preamble):
    refused(body(preamble=preamble, plan=wire.varint(0) * 2))


def test_bounds_are_the_ones_given():
    data = columns.encode([link.change for link in logs.session_log(20)], {"note": "x" * 200})
    assert refused(data, Limits(changes=19)).code == "columns"
    assert refused(data, Limits(preamble=100)).code == "columns"
    assert refused(data, Limits(plain=1_000)).code == "bomb"
    columns.decode(data, Limits(changes=20))


def test_absent_values_stay_out_of_what_is_read():
    plan = Reader(column(DICTIONARY, wire.json([{}, "x"]), b"\x01"), "plan")
    assert Decoder(plan, Reader(b"\x02", "stream"), LIMITS).column(Rows(2)) == [ABSENT, "x"]
