"""The verifier's own copies of tree, notes and merge agree with the program's: two ways of writing one rule."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinerant.audit import archive, facts, merging, plain, rows, tlog
from itinerant.audit import notes as audit_notes
from itinerant.audit.report import Broken
from itinerant.log import notes, tree
from itinerant.log.canonical import leaf_hash
from itinerant.log.change import Change
from itinerant.log.merge import history, merge
from server.exports import sheets
from tests.log.histories import histories
from tests.log.test_notes import CHECKPOINT, GO_NOTE, GO_TEXT, GO_VKEY, KEY, ORIGIN

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
    st.lists(st.text("ab=+", max_size=4), max_size=3),
)


def leaves_of(count):
    return [leaf_hash(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize("size", [*range(40), 255, 256, 257, 511, 512, 513, 65_537])
def test_trees_and_tiles_agree(size):
    leaves = leaves_of(size)
    expected = tree.Frontier().append(leaves).root()
    writer = tree.TileWriter()
    tiles = {tile.path: data for leaf in leaves for tile, data in writer.append(leaf)}
    tiles.update((tile.path, data) for tile, data in writer.finish())
    assert tlog.root_of(leaves) == expected
    assert tlog.root_from_tiles(size, lambda tile: tiles[tile.path]) == expected
    paths = [tile.path for tile in tlog.tiles_of(size)]
    assert paths == [tile.path for tile in tree.tiles_of(size)]
    assert set(paths) == set(tiles)


@given(st.integers(1, 300), st.data())
def test_proofs_agree(size, data):
    leaves = leaves_of(size)
    fetch = tree.from_leaves(leaves)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    root, old_root = tree.root(size, fetch), tree.root(old, fetch)
    proof = tree.inclusion_proof(index, size, fetch)
    assert tlog.includes(leaves[index], index, size, proof, root)
    assert not tlog.includes(leaves[index], index, size, proof, old_root) or old_root == root
    assert not tlog.includes(leaf_hash(b"other"), index, size, proof, root)
    grown = tree.consistency_proof(old, size, fetch)
    assert tlog.continues(old, size, old_root, root, grown)
    assert not tlog.continues(old, size, old_root, leaf_hash(b"other"), grown) or not old
    assert not tlog.continues(old, size, old_root, root, [*grown, root])


@given(histories())
def test_merges_agree(changes):
    facts = [json.loads(change.to_bytes()) for change in changes]
    mine, theirs = merge(changes), merging.merge_record(facts)
    assert (mine.ref, mine.kind, dict(mine.values), mine.void) == theirs[:2] + theirs[2:4]
    assert list(mine.heads) == theirs.heads
    assert [
        (item.field, item.base, item.provisional, [(one.value, one.change) for one in item.candidates])
        for item in mine.conflicts
    ] == [
        (item.field, item.base, item.provisional, [(one["value"], one["change"]) for one in item.candidates])
        for item in theirs.disputes
    ]


@given(histories(), st.integers(0, 30))
def test_rows_and_conflict_lines_agree(changes, hole):
    present = [change for index, change in enumerate(changes) if index != hole] or changes
    by_ref = {change.ref: change for change in present}
    record = merge(present)
    nodes = merging.graph({ref: json.loads(change.to_bytes()) for ref, change in by_ref.items()})
    merged = merging.merge_nodes(nodes)
    fields = ("outcome", "note", "absent")
    mine = rows.record_line(merged, fields)
    assert sheets.csv_lines([sheets.row(record, by_ref, fields)], [len(rows.LEADING) + 1]).decode() == mine + "\r\n"
    if list(by_ref) == [record.ref]:
        assert rows.single_line(json.loads(present[0].to_bytes()), fields) == mine
    assert list(sheets.conflicts(record, by_ref)) == [line + b"\n" for line in rows.conflict_lines(merged, nodes)]


FIELDS = ("access", "age_band", "duration_s", "note", "void")


@given(
    st.dictionaries(
        st.sampled_from(FIELDS), VALUES | st.sampled_from(["=1+1", "a,b", 'a"b', "añ", "\x7f", "{}]", '","'])
    ),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.sampled_from(["", "P014", "=X"]),
    st.sampled_from(["", "por error"]),
)
def test_a_plain_change_is_one_and_its_line_the_one_that_json_gives(values, at, by, why):
    line = Change("LOR07", 12, at, by, "session", "LOR07-12", (), values, "0a" * 32, why).to_bytes()
    change = archive.parse(line)
    assert change is not None and facts.is_change(change)
    found = plain.read_plain(line)
    if found is not None:
        assert found.record == "LOR07-12" and found.prev == change["prev"] and int(found.seq) == change["seq"]
        assert plain.plain_line(found, FIELDS) == rows.single_line(change, FIELDS)
    easy = all(type(v) is not list and (type(v) is not str or v.isalnum()) for v in values.values())
    if easy and values and "void" not in values and by != "=X" and not why and abs(at) < 10**15:
        assert found is not None or any(type(v) is int and abs(v) >= 10**15 for v in values.values())


LINE = Change(
    "LOR07", 12, 5, "P014", "session", "LOR07-12", (), {"a": "x", "b": 1, "c": "60+"}, "0a" * 32, ""
).to_bytes()


@given(st.lists(st.tuples(st.integers(0, len(LINE)), st.integers(0, 3), st.sampled_from([*b'"{}[],:\\ ab01-', 0xC3]))))
def test_what_is_taken_for_a_plain_change_is_one_for_json_too(edits):
    line = bytearray(LINE)
    for place, cut, byte in edits[:4]:
        line[place : place + cut] = bytes([byte])
    if plain.read_plain(bytes(line)) is not None:
        change = archive.parse(bytes(line))
        assert change is not None and facts.is_change(change), bytes(line)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (b'"a":"x","b":1', b'"b":1,"a":"x"'),
        (b'"a":"x","b":1', b'"a":"x","a":"y","b":1'),
        (b'"b":1', b'"b":01'),
        (b'"b":1', b'"b":1.0'),
        (b'"b":1', b'"b":12345678901234567'),
        (b'"seq":12', b'"seq":13'),
        (b'"v":1', b'"v":2'),
        (b'"a":"x"', b'"a":{"x":1}'),
        (b'"a":"x"', b'"A":"x"'),
        (b'"set":{"a"', b'"set":{,"a"'),
    ],
)
def test_what_is_not_plain_is_left_to_json(text, other):
    assert plain.read_plain(LINE) is not None
    assert plain.read_plain(LINE.replace(text, other)) is None


def test_a_decision_in_two_steps_is_listed_in_two_steps():
    def write(device, seq, base, values, why=""):
        return Change(device, seq, 0, "P1", "session", "AAA-1", base, values, "0" * 64, why)

    changes = [
        write("AAA", 1, (), {"outcome": "resolved", "note": "a"}),
        write("AAA", 2, ("AAA-1",), {"outcome": "partial", "note": "b"}),
        write("BBB", 1, ("AAA-1",), {"outcome": "referred", "note": "c"}),
        write("CENTRAL", 1, ("AAA-2", "BBB-1"), {"outcome": "partial"}, "primero"),
        write("CENTRAL", 2, ("CENTRAL-1",), {"note": "c"}, "después"),
    ]
    by_ref = {change.ref: change for change in history(changes)}
    lines = [json.loads(line) for line in sheets.conflicts(merge(changes), by_ref)]
    assert [(line["state"], line["field"], line["why"]) for line in lines] == [
        ("resolved", "outcome", "primero"),
        ("resolved", "note", "después"),
    ]


@given(st.lists(VALUES, min_size=1, max_size=6))
def test_cells_and_lines_agree_and_can_be_read_back(values):
    import csv
    import io

    cells = [sheets.cell(value) for value in values]
    assert cells == [rows.cell(value) for value in values]
    line = sheets.line(cells)
    assert line == rows.csv_line(cells) + "\r\n"
    assert next(csv.reader(io.StringIO(line, newline=""))) == cells or cells == [""]
    assert not any(cell[:1] in set("=+-@\t\r＝＋－＠") for cell in cells if cell and not cell.lstrip("-").isdigit())


def test_notes_and_checkpoints_agree():
    key = audit_notes.read_key(GO_VKEY)
    assert key.vkey == GO_VKEY
    assert audit_notes.check_note(GO_NOTE, key, "note") == GO_TEXT
    mine = audit_notes.read_key(notes.Verifier(ORIGIN, KEY.public_key().public_bytes_raw()).vkey)
    text = audit_notes.check_note(CHECKPOINT.sign(KEY), mine, "checkpoint")
    assert audit_notes.read_checkpoint(text, "checkpoint") == (CHECKPOINT.origin, CHECKPOINT.size, CHECKPOINT.root)


@given(st.integers(0, 400), st.integers(1, 127))
def test_one_altered_character_of_a_checkpoint_is_found(place, flip):
    note = CHECKPOINT.sign(KEY)
    mine = audit_notes.read_key(notes.Verifier(ORIGIN, KEY.public_key().public_bytes_raw()).vkey)
    place %= len(note)
    altered = note[:place] + chr(ord(note[place]) ^ flip) + note[place + 1 :]
    with pytest.raises(Broken):
        audit_notes.read_checkpoint(audit_notes.check_note(altered, mine, "checkpoint"), "checkpoint")
