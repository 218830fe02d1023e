"""Changes and their chain: one value, one encoding; one hole, one edit, one missing change is found and named."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinerant.errors import Damaged
from itinerant.log import canonical
from itinerant.log.chain import START, Head, Link, follow, relink
from itinerant.log.change import GENESIS, MAX_BYTES, Change, Draft, malformed, order, seal

EXAMPLE = Change(
    device="LOR07",
    seq=123,
    at=1763923200123,
    by="P014",
    kind="session",
    record="LOR07-98",
    base=("LOR07-98",),
    set={"outcome": "resolved", "note": "regresó con su hijo"},
    prev="9f" * 32,
    why="corregido al revisar",
)

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30).map(
    lambda text: __import__("unicodedata").normalize("NFC", text)
)
values = st.one_of(texts, st.integers(-(2**53) + 1, 2**53 - 1), st.booleans(), st.none(), st.lists(texts, max_size=3))
changes = st.builds(
    lambda seq, at, fields, why: dataclasses.replace(EXAMPLE, seq=seq + 200, at=at, set=fields, why=why),
    st.integers(1, 10_000),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), values, max_size=5),
    texts,
)


def log_of(count, device="LOR07"):
    links, head = [], START
    for seq in range(1, count + 1):
        draft = Draft("session", {"duration_s": seq})
        link = Link.of(seal(draft, device=device, seq=seq, prev=head.hash, by="P014", at=seq))
        links.append(link)
        head = link.head
    return links


def test_the_canonical_bytes_are_those_of_the_specification():
    assert (
        EXAMPLE.to_bytes()
        == (
            '{"at":1763923200123,"base":["LOR07-98"],"by":"P014","device":"LOR07","kind":"session","prev":"'
            + "9f" * 32
            + '","record":"LOR07-98","seq":123,"set":{"note":"regresó con su hijo","outcome":"resolved"},"v":1,'
            '"why":"corregido al revisar"}'
        ).encode()
    )


@given(changes)
def test_every_change_survives_its_bytes(change):
    assert malformed(change) == ""
    assert Change.from_bytes(change.to_bytes()) == change
    assert change.to_bytes() == canonical.encode(canonical.decode(change.to_bytes()))


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1, "b":2}',
        b'{"b":2,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":9007199254740993}',
        b'{"a":"\\u00e1"}',
        '{"a":"a\u0301"}'.encode(),
        b'{"a":"\\ud800"}',
        '{"á":1}'.encode(),
        b"[[[[[[1]]]]]]",
        b"[" * 100_000,
        b"\xff",
        b"",
    ],
)
def test_bytes_that_are_not_canonical_are_refused(data):
    with pytest.raises(Damaged):
        canonical.decode(data)


@pytest.mark.parametrize(
    "part",
    [
        {"device": "lor07"},
        {"device": 7},
        {"seq": 0},
        {"seq": True},
        {"seq": 10_000_000},
        {"at": 2**53},
        {"by": "Juan Pérez"},
        {"prev": "00"},
        {"kind": "Session"},
        {"record": "LOR07"},
        {"record": "LOR07-12345678"},
        {"base": ("LOR07-98", "LOR07-98")},
        {"base": ("LOR07-99", "LOR07-98")},
        {"base": ("LOR07-123",)},
        {"base": tuple(f"LOR07-{n}" for n in range(100, 200))},
        {"set": {"Note": "x"}},
        {"set": {"note": 1.5}},
        {"set": {"note": "a\u0301"}},
        {"set": {"note": {"a": "b"}}},
        {"set": {"note": [1]}},
        {"set": {f"f{n}": 1 for n in range(65)}},
        {"why": "x" * 201},
        {"why": None},
        {"v": 0},
    ],
)
def test_a_change_that_no_log_may_hold_is_described(part):
    assert malformed(dataclasses.replace(EXAMPLE, **part))


def test_a_change_larger_than_the_bound_is_refused():
    big = dataclasses.replace(EXAMPLE, set={"note": "x" * MAX_BYTES})
    with pytest.raises(Damaged):
        Change.from_bytes(big.to_bytes())


def test_the_chain_reaches_the_head_from_the_bytes_alone():
    links = log_of(30)
    assert follow((link.data for link in links), device="LOR07") == links[-1].head
    assert follow([], device="LOR07") == START
    bare = [link.change.chained(GENESIS) for link in links[10:]]
    assert relink(bare, links[9].head) == links[10:]


@pytest.mark.parametrize("harm", ["dropped", "swapped", "edited", "repeated", "foreign", "old one put back"])
def test_a_harmed_log_is_named_at_the_first_change_that_does_not_follow(harm):
    links = log_of(10)
    datas = [link.data for link in links]
    match harm:
        case "dropped":
            del datas[4]
        case "swapped":
            datas[4], datas[5] = datas[5], datas[4]
        case "edited":
            datas[3] = dataclasses.replace(links[3].change, set={"duration_s": 99}).to_bytes()
        case "repeated":
            datas.insert(4, datas[3])
        case "foreign":
            datas[4] = log_of(5, "LOR08")[4].data
        case "old one put back":
            datas[4] = datas[0]
    with pytest.raises(Damaged) as caught:
        follow(datas, device="LOR07")
    assert caught.value.place == "LOR07-5"


def test_a_tail_that_was_cut_does_not_reach_the_known_head():
    links = log_of(10)
    assert follow((link.data for link in links[:9]), device="LOR07") != links[-1].head


def test_references_sort_by_number_not_by_letter():
    refs = ["LOR07-10", "LOR07-9", "AAA-100"]
    assert sorted(refs, key=order) == ["AAA-100", "LOR07-9", "LOR07-10"]


def test_a_draft_that_creates_takes_its_own_reference_as_the_record():
    change = seal(Draft("visit", {}), device="LOR07", seq=5, prev=GENESIS, by="P014", at=1)
    assert (change.record, change.ref, change.creates) == ("LOR07-5", "LOR07-5", True)
    with pytest.raises(Damaged):
        seal(Draft("visit", {}), device="LOR07", seq=5, prev=GENESIS, by="no vale", at=1)
    assert Head(0, GENESIS) == START
