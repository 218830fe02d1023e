"""The damaged corpus: every way to spoil an export is refused, by its right name and place.

Three hands do it: a bit that fell over; a forger who makes every hash fit again but has not the office's key; and
somebody who has that key. The last cannot be told from the office by a signature, only by the changes themselves.
"""

import json
import random
import re
import struct
import sys
import zipfile

import pytest

from itinerant.audit import verify as installed
from tests.audit.both import packed, verify
from tests.audit.builder import office_keys
from tests.audit.surgery import Copy, canonical

KEY = office_keys().sign
OTHER_KEY = office_keys(9).sign
SESSIONS = "records/session.csv"
LF = b"\n"


def codes(report):
    return {finding.code for finding in report.findings}


# Bits that fell over: one bit of one file's contents; nothing else is made to fit.

BIT_FLIPS = {
    "changes.jsonl": {"change_altered", "change_form"},
    SESSIONS: {"record_altered", "record_missing", "columns"},
    "records/visit.csv": {"record_altered", "record_missing", "columns"},
    "conflicts.jsonl": {"conflict_missing"},
    "quarantine.jsonl": {"digest"},
    "devices.jsonl": {"digest"},
    "heads.jsonl": {"digest"},
    "dictionary.csv": {"schema"},
    "datapackage.json": {"digest"},
    "LEEME.txt": {"digest"},
    "verify.py": {"digest"},
    "checkpoint": {"signature", "note", "checkpoint", "key"},
    "manifest.json": {"manifest", "seal", "signature"},
    "manifest.note": {"signature", "note", "key", "seal"},
}


@pytest.mark.parametrize("name", [*BIT_FLIPS, "tile/"])
@pytest.mark.parametrize("where", [0.2, 0.5, 0.9])
def test_a_flipped_bit_in_each_kind_of_file(world, export, tmp_path, name, where):
    copy = Copy(export)
    expected = BIT_FLIPS.get(name, {"tile"})
    name = next(member for member in copy.members if member.startswith(name))
    data = bytearray(copy.members[name])
    data[int(len(data) * where)] ^= 1
    copy.members[name] = bytes(data)
    report = verify(copy.write(tmp_path / "x.zip"), world.vkey)
    assert codes(report) & expected, report.to_text()
    assert any(finding.file == name for finding in report.findings), report.to_text()
    assert report.verdict == "altered"


# A forger without the key makes all hashes fit: the signature says so, and the row is named all the same.


def drop(name, row):
    return lambda copy: copy.put_lines(
        name, [line for at, line in enumerate(copy.lines(name)) if at != row % len(copy.lines(name))]
    )


def swap(name, one, other):
    def change(copy):
        lines = copy.lines(name)
        lines[one], lines[other] = lines[other], lines[one]
        copy.put_lines(name, lines)

    return change


def move(name, one, other):
    def change(copy):
        lines = copy.lines(name)
        lines.insert(other, lines.pop(one))
        copy.put_lines(name, lines)

    return change


def repeat(name, row):
    return lambda copy: copy.put_lines(name, [*copy.lines(name)[: row + 1], *copy.lines(name)[row:]])


def insert(name, row, line):
    return lambda copy: copy.put_lines(name, [*copy.lines(name)[:row], line, *copy.lines(name)[row:]])


def replace(name, old, new):
    def change(copy):
        assert old in copy.members[name], (name, old)
        copy.members[name] = copy.members[name].replace(old, new, 1)

    return change


def json_at(name, row, **values):
    return lambda copy: copy.edit_json(name, row, **values)


def cell(row, column, value):
    def change(copy):
        lines = copy.lines(SESSIONS)
        at = lines[0].rstrip(b"\r").split(b",").index(column)
        cells = lines[row].split(b",")
        cells[at] = value
        lines[row] = b",".join(cells)
        copy.put_lines(SESSIONS, lines)

    return change


def remove(name):
    return lambda copy: copy.members.pop(name)


def forged_session(copy):
    """A change that nobody wrote, at the end of a device's log."""
    lines = [json.loads(line) for line in copy.lines("changes.jsonl")]
    last = max((line for line in lines if line["device"] == "LOR07"), key=lambda line: line["seq"])
    return {**last, "seq": last["seq"] + 1, "record": f"LOR07-{last['seq'] + 1}", "base": [], "why": ""}


def add_forged(copy):
    copy.put_lines("changes.jsonl", [*copy.lines("changes.jsonl"), canonical(forged_session(copy))])


def cut_tail(copy):
    copy.put_lines("changes.jsonl", copy.lines("changes.jsonl")[:-3])


def swap_keys(copy):
    """Each of two devices is given the other's key."""
    rows = [copy.find("devices.jsonl", b'"LOR07"'), copy.find("devices.jsonl", b'"LOR08"')]
    keys = [json.loads(copy.lines("devices.jsonl")[row])["sign_key"] for row in rows]
    for row, key in zip(rows, reversed(keys), strict=True):
        copy.edit_json("devices.jsonl", row, sign_key=key)


def other_head(copy):
    """A signed head moved to another device."""
    row = copy.find("heads.jsonl", b'"LOR07"')
    copy.edit_json("heads.jsonl", row, device="LOR08")


def drop_last_head(copy):
    lines = copy.lines("heads.jsonl")
    rows = [row for row, line in enumerate(lines) if b'"LOR07"' in line]
    copy.put_lines("heads.jsonl", [line for row, line in enumerate(lines) if row != rows[-1]])


def forge_signature(copy):
    value = json.loads(copy.lines("heads.jsonl")[0])
    copy.edit_json("heads.jsonl", 0, signature=value["signature"][:-6] + "AAAA==")


def drop_device(copy):
    copy.put_lines("devices.jsonl", [line for line in copy.lines("devices.jsonl") if b'"device":"LOR08"' not in line])


def close_gap(copy):
    row = copy.find("devices.jsonl", b'"device":"LOR08"')
    copy.edit_json("devices.jsonl", row, gaps=[])


def other_end(copy):
    row = copy.find("devices.jsonl", b'"device":"LOR08"')
    value = json.loads(copy.lines("devices.jsonl")[row])
    copy.edit_json("devices.jsonl", row, upto=value["upto"] - 1)


def hide_state(copy):
    row = copy.find("devices.jsonl", b'"device":"LOR08"')
    copy.edit_json("devices.jsonl", row, state="retired")


def other_candidate(copy):
    row = copy.find("conflicts.jsonl", b'"state":"open"')
    copy.edit_json("conflicts.jsonl", row, provisional="partial")


def other_reason(copy):
    row = copy.find("conflicts.jsonl", b'"state":"resolved"')
    copy.edit_json("conflicts.jsonl", row, why="otra razón")


def drop_decision(copy):
    row = copy.find("conflicts.jsonl", b'"state":"resolved"')
    drop("conflicts.jsonl", row)(copy)


def longer_number(digits):
    return replace("changes.jsonl", b'{"at":', b'{"at":' + b"9" * digits)


def released(copy):
    copy.edit_json("quarantine.jsonl", 0, decision="released")


LONG = random.Random(1).randbytes(2_000_000).hex().encode()
"""Does not shrink, so that it is no bomb."""

CHANGE = re.compile(rb'"duration_s":(\d+)')


def longer(copy):
    """One session of row 20 lasts another time."""
    copy.edit("changes.jsonl", 20, lambda line: CHANGE.sub(b'"duration_s":77', line))


FORGERIES = {
    # name: what is done, the code that must be there, file, row (from 1, 0: none)
    "change altered": (longer, "change_altered", "changes.jsonl", 21),
    "first change dropped": (drop("changes.jsonl", 0), "change_missing", "changes.jsonl", 0),
    "change in the middle dropped": (drop("changes.jsonl", 25), "change_missing", "changes.jsonl", 0),
    "last change dropped": (drop("changes.jsonl", -1), "change_missing", "changes.jsonl", 0),
    "tail cut at a line end": (cut_tail, "change_missing", "changes.jsonl", 0),
    "change added at the end": (add_forged, "change_added", "changes.jsonl", 57),
    "change added in the middle": (
        lambda copy: insert("changes.jsonl", 30, canonical(forged_session(copy)))(copy),
        "change_added", "changes.jsonl", 31,
    ),
    "change repeated": (repeat("changes.jsonl", 12), "change_repeated", "changes.jsonl", 14),
    "change moved": (move("changes.jsonl", 10, 40), "change_moved", "changes.jsonl", 41),
    "changes swapped": (swap("changes.jsonl", 15, 16), "change_moved", "changes.jsonl", 17),
    "tail cut inside a line": (
        lambda copy: copy.members.update({"changes.jsonl": copy.members["changes.jsonl"][:-9]}),
        "line", "changes.jsonl", 0,
    ),
    "empty line": (insert("changes.jsonl", 5, b""), "change_form", "changes.jsonl", 6),
    "not canonical": (replace("changes.jsonl", b'{"at":', b'{ "at":'), "change_form", "changes.jsonl", 1),
    "name twice": (replace("changes.jsonl", b'{"at":', b'{"at":1,"at":'), "change_form", "changes.jsonl", 1),
    "a number of 40 digits": (longer_number(40), "change_form", "changes.jsonl", 1),
    "a number of 5,000 digits": (longer_number(5000), "change_form", "changes.jsonl", 1),
    "nested without end": (insert("changes.jsonl", 0, b"[" * 100_000), "change_form", "changes.jsonl", 1),
    "a line without end": (insert("changes.jsonl", 0, LONG), "line", "changes.jsonl", 0),
    "record altered": (cell(3, b"outcome", b"partial"), "record_altered", SESSIONS, 4),
    "formula in a cell": (cell(3, b"terminal", b"=1+1"), "formula", SESSIONS, 4),
    "formula's apostrophe taken off": (replace(SESSIONS, b"'=cita", b"=cita"), "formula", SESSIONS, 3),
    "huge number in a cell": (cell(5, b"duration_s", b"9" * 400), "record_altered", SESSIONS, 6),
    "record dropped": (drop(SESSIONS, 7), "record_missing", SESSIONS, 0),
    "record added": (insert(SESSIONS, 4, b"LOR07-99,false,false,1" + b"," * 26 + b"\r"), "record_added", SESSIONS, 5),
    "record repeated": (repeat(SESSIONS, 6), "record_repeated", SESSIONS, 8),
    "records swapped": (swap(SESSIONS, 6, 7), "record_moved", SESSIONS, 0),
    "column renamed": (replace(SESSIONS, b"duration_s", b"duration_m"), "columns", SESSIONS, 1),
    "line end changed": (replace(SESSIONS, b"\r\n", b"\n"), "columns", SESSIONS, 1),
    "conflict's provisional value": (other_candidate, "conflict_missing", "conflicts.jsonl", 0),
    "decision's reason": (other_reason, "conflict_missing", "conflicts.jsonl", 0),
    "decision dropped": (drop_decision, "conflict_missing", "conflicts.jsonl", 0),
    "quarantine emptied": (drop("quarantine.jsonl", 0), "gap", "devices.jsonl", 3),
    "quarantine said to be released": (released, "quarantine", "quarantine.jsonl", 1),
    "quarantine repeated": (repeat("quarantine.jsonl", 0), "quarantine", "quarantine.jsonl", 2),
    "quarantine's hash": (json_at("quarantine.jsonl", 0, hash="00" * 32), "chain", "changes.jsonl", None),
    "quarantine's form": (json_at("quarantine.jsonl", 0, seq="9"), "form", "quarantine.jsonl", 1),
    "devices' keys swapped": (swap_keys, "device", "devices.jsonl", None),
    "device dropped": (drop_device, "device", "devices.jsonl", 0),
    "gap hidden": (close_gap, "device", "devices.jsonl", None),
    "device's end": (other_end, "device", "devices.jsonl", None),
    "device's state": (hide_state, "device", "devices.jsonl", None),
    "head's signature": (forge_signature, "head", "heads.jsonl", 1),
    "head of another device": (other_head, "head", "heads.jsonl", None),
    "last head dropped": (drop_last_head, "uncovered", "heads.jsonl", 0),
    "field taken out of the dictionary": (drop("dictionary.csv", 12), "columns", SESSIONS, 1),
    "file dropped": (remove("LEEME.txt"), "member", "LEEME.txt", 0),
    "file added": (lambda copy: copy.members.update({"extra.txt": b"x"}), "member", "extra.txt", 0),
    "tile dropped": (remove("tile/0/000.p/56"), "member", "tile/0/000.p/56", 0),
    "tile added": (lambda copy: copy.members.update({"tile/1/000.p/1": b"x" * 32}), "member", "tile/1/000.p/1", 0),
    "tile of another size": (
        lambda copy: copy.members.update({"tile/0/000.p/56": copy.members["tile/0/000.p/56"][:-32]}),
        "tile", "tile/0/000.p/56", 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
@pytest.mark.parametrize("hand", ["forger", "insider"])
def test_a_forgery_is_named(world, export, tmp_path, name, hand):
    change, code, file, row = FORGERIES[name]
    copy = Copy(export)
    change(copy)
    copy.list_files()
    if hand == "insider":
        copy.seal(KEY)
    report = verify(copy.write(tmp_path / "x.zip"), world.vkey)
    assert report.verdict == "altered"
    found = [finding for finding in report.findings if finding.code == code and finding.file == file]
    assert found, report.to_text()
    assert row is None or row in {finding.row for finding in found}, report.to_text()
    assert hand == "forger" or not codes(report) & {"seal", "digest"}, report.to_text()


def test_the_altered_change_and_record_are_named_by_their_number(world, export, tmp_path):
    copy = Copy(export)
    longer(copy)
    ref = "{device}-{seq}".format_map(json.loads(copy.lines("changes.jsonl")[20]))
    report = verify(copy.write(tmp_path / "x.zip"), world.vkey)
    assert ("change_altered", 21, ref) in {(item.code, item.row, item.change) for item in report.findings}
    assert any(item.code == "record_altered" and item.change == ref for item in report.findings)


def test_a_dropped_change_is_one_finding_and_not_one_for_each_row_after_it(world, export, tmp_path):
    copy = Copy(export)
    drop("changes.jsonl", 10)(copy)
    report = verify(copy.write(tmp_path / "x.zip"), world.vkey)
    of_changes = sorted(item.code for item in report.findings if item.file == "changes.jsonl")
    assert of_changes == ["chain", "change_missing", "digest"], report.to_text()


# The manifest.


def counts(**values):
    return lambda copy: copy.edit_manifest(counts={**copy.manifest["counts"], **values})


MANIFESTS = {
    "more changes": (counts(changes=57), "count"),
    "fewer records": (counts(records={"session": 1}), "count"),
    "more in quarantine": (counts(quarantine=9), "count"),
    "fewer personal data": (lambda copy: copy.edit_manifest(guard={**copy.manifest["guard"], "set_apart": 0}), "count"),
    "a larger ledger": (lambda copy: copy.edit_manifest(size=57), "size"),
    "a later beginning": (lambda copy: copy.edit_manifest(first=99), "size"),
    "a beginning before the beginning": (lambda copy: copy.edit_manifest(first=-1), "size"),
    "another beginning": (lambda copy: copy.edit_manifest(first=3), "change_added"),
    "another ledger's name": (lambda copy: copy.edit_manifest(origin="otra.example/registro"), "origin"),
    "another schema": (lambda copy: copy.edit_manifest(schema="00" * 32), "schema"),
    "a later format": (lambda copy: copy.edit_manifest(format="itinerant-export/v2"), "manifest"),
    "a name more": (lambda copy: copy.edit_manifest(extra=1), "manifest"),
    "a file not listed": (lambda copy: copy.edit_manifest(files=copy.manifest["files"][1:]), "member"),
    "files in another order": (lambda copy: copy.edit_manifest(files=copy.manifest["files"][::-1]), "member"),
    "not an object": (lambda copy: copy.members.update({"manifest.json": b"[]"}), "manifest"),
    "not JSON": (lambda copy: copy.members.update({"manifest.json": b"{"}), "manifest"),
    "not canonical": (lambda copy: copy.members.update({"manifest.json": canonical(copy.manifest) + b" "}), "manifest"),
}  # fmt: skip


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_says_something_else(world, export, tmp_path, name):
    change, code = MANIFESTS[name]
    copy = Copy(export)
    change(copy)
    if code != "manifest" and name != "another ledger's name":
        copy.seal(KEY)
    report = verify(copy.write(tmp_path / "x.zip"), world.vkey)
    assert code in codes(report), report.to_text()
    assert report.verdict == "altered"


# Keys.


def test_another_office_s_key_is_not_this_one_s(export):
    from itinerant.log.notes import Verifier

    other = Verifier("oficina.example/registro", OTHER_KEY.public_key().public_bytes_raw()).vkey
    report = verify(export, other)
    assert codes(report) == {"key"}
    assert report.verdict == "altered"


def test_whoever_signs_everything_anew_is_found_by_the_key_from_outside_only(world, export, tmp_path):
    from itinerant.log import notes
    from itinerant.log.notes import Verifier

    copy = Copy(export)
    text, _signatures = notes.split(copy.members["checkpoint"].decode())
    copy.members["checkpoint"] = notes.sign(text, "oficina.example/registro", OTHER_KEY).encode()
    mine = Verifier("oficina.example/registro", OTHER_KEY.public_key().public_bytes_raw()).vkey
    copy.edit_manifest(key=mine)
    copy.reseal(OTHER_KEY)
    path = copy.write(tmp_path / "x.zip")
    assert "key" in codes(verify(path, world.vkey))
    assert verify(path).verdict == "coherent"


# The ZIP itself.


def raw(export):
    return export.read_bytes()


def entry_at(data, number=0):
    """Offset of an entry in the ZIP's directory."""
    at = int.from_bytes(data[-6:-2], "little")
    for _step in range(number):
        at += 46 + int.from_bytes(data[at + 28 : at + 30], "little")
    return at


def patch(data, at, value):
    return data[:at] + value + data[at + len(value) :]


def with_zipfile(export, path, change):
    """Written again with Python's own writer."""
    with zipfile.ZipFile(export) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            change(target, info, source.read(info))
    return path.read_bytes()


def as_of_today(target, info, data):
    target.writestr(info.filename, data)


def other_level(target, info, data):
    target.writestr(info, data, compresslevel=1)


def hidden(data):
    """Bytes between the last member and the directory."""
    at = entry_at(data)
    return data[:at] + b"hidden" + data[at:-6] + (at + 6).to_bytes(4, "little") + data[-2:]


def doubled(data):
    """A second entry for the first member."""
    at = entry_at(data)
    entry = data[at : entry_at(data, 1)]
    count = int.from_bytes(data[-14:-12], "little") + 1
    size = int.from_bytes(data[-10:-6], "little") + len(entry)
    end = data[-22:-14] + struct.pack("<HHII", count, count, size, at) + data[-2:]
    return data[:-22] + entry + end


ZIPS = {
    "bytes before": lambda data: b"#!/bin/sh\n" + data,
    "bytes behind": lambda data: data + b"\0",
    "a comment": lambda data: data[:-2] + b"\x03\0abc",
    "cut": lambda data: data[:-30],
    "nothing": lambda _data: b"",
    "not a ZIP": lambda _data: b"PK" * 100,
    "hidden bytes": hidden,
    "a member twice": doubled,
    "encrypted": lambda data: patch(data, entry_at(data) + 8, b"\x01\0"),
    "a path upwards": lambda data: data.replace(b"LEEME.txt", b"../ME.txt"),
    "an absolute path": lambda data: data.replace(b"LEEME.txt", b"/EEME.txt"),
    "a link": lambda data: patch(data, entry_at(data) + 40, b"\xff\xa1"),
    "a date": lambda data: patch(data, entry_at(data) + 12, b"\0\0\x34\x58"),
    "another size": lambda data: patch(data, entry_at(data) + 24, b"\xff\xff\xff\x7f"),
    "another CRC": lambda data: patch(data, entry_at(data) + 16, b"\0\0\0\0"),
    "another offset": lambda data: patch(data, entry_at(data) + 42, b"\x01\0\0\0"),
    "another method": lambda data: patch(data, entry_at(data) + 10, b"\x0c\0"),
    "a local header of another name": lambda data: patch(data, 30, b"X"),
    "an extra field": lambda data: patch(data, entry_at(data) + 30, b"\x04\0"),
    "a disk number": lambda data: patch(data, len(data) - 18, b"\x01\0"),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_trick_with_the_zip_is_refused(world, export, tmp_path, name):
    path = tmp_path / "x.zip"
    path.write_bytes(ZIPS[name](raw(export)))
    report = verify(path, world.vkey)
    assert codes(report) == {"zip"}, report.to_text()


@pytest.mark.parametrize("change", [as_of_today, other_level])
def test_a_zip_that_another_program_packed_again_is_not_the_office_s(world, export, tmp_path, change):
    with_zipfile(export, tmp_path / "x.zip", change)
    assert verify(tmp_path / "x.zip", world.vkey).verdict == "altered"


def test_the_same_contents_compressed_otherwise_are_not_what_was_sealed(world, export, tmp_path, monkeypatch):
    monkeypatch.setattr("server.exports.archive.LEVEL", 1)
    report = verify(Copy(export).write(tmp_path / "x.zip"), world.vkey)
    assert codes(report) == {"digest"}, report.to_text()


def test_a_bomb_is_not_unpacked(world, export, tmp_path):
    copy = Copy(export)
    copy.members["changes.jsonl"] = b"\0" * 50_000_000
    report = verify(copy.write(tmp_path / "x.zip"), world.vkey)
    assert codes(report) == {"zip"}


def test_any_flipped_bit_of_the_file_is_found(world, export, tmp_path):
    """Every 997th byte, all of its bits in turn: members, headers, directory and end."""
    data = raw(export)
    path = tmp_path / "x.zip"
    places = [*range(0, len(data), 997), *range(len(data) - 22, len(data))]
    for number, place in enumerate(places):
        path.write_bytes(patch(data, place, bytes([data[place] ^ 1 << number % 8])))
        report = installed.verify(path, world.vkey)
        assert report.verdict == "altered", (place, number % 8)


def test_the_corpus_is_large_enough():
    ways = {"bits": len(BIT_FLIPS) + 1, "forgeries": len(FORGERIES), "manifests": len(MANIFESTS), "zips": len(ZIPS)}
    sys.stdout.write(f"{sum(ways.values())} ways to damage an export: {ways}\n")
    assert sum(ways.values()) >= 40
    assert packed().HAS_OPENSSL is False and packed().decode is packed().plain_decode
