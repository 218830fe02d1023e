"""Selective disclosure: one visit or one district, its rows and their proofs, and nothing else."""

import json

import pytest

from itinerant.audit.verify import verify
from itinerant.errors import UserError
from server.exports.export import write_export
from server.exports.source import Asked
from tests.audit.builder import office_keys
from tests.audit.surgery import Copy


def disclosed(world, folder, **what):
    path = folder / "disclosed.zip"
    write_export(world.office, path, Asked(**what))
    return path


def lines(copy, name):
    return [json.loads(line) for line in copy.lines(name)]


def test_one_visit_is_disclosed_with_its_proofs(world, tmp_path):
    visit = world.laptops["LOR07"].visit
    path = disclosed(world, tmp_path, visit=visit)
    report = verify(path, world.vkey)
    assert report.verdict == "authentic", report.to_text()
    assert any("Es una selección" in limit for limit in report.limits)
    changes = lines(Copy(path), "earlier.jsonl")
    made = {change["record"]: change for change in changes if change["record"] == f"{change['device']}-{change['seq']}"}
    assert made.pop(visit)["kind"] == "visit"
    assert made
    assert all(change["set"]["visit"] == visit for change in made.values())
    assert {change["record"] for change in changes} == {visit, *made}


def test_nothing_else_is_in_it(world, export, tmp_path):
    visit = world.laptops["LOR07"].visit
    copy, whole = Copy(disclosed(world, tmp_path, visit=visit)), Copy(export)
    assert not any(name.startswith("tile/") for name in copy.members)
    for name in ("changes.jsonl", "heads.jsonl", "devices.jsonl", "quarantine.jsonl"):
        assert copy.members[name] == b""
    shown = set(copy.lines("earlier.jsonl"))
    hidden = [json.loads(line) for line in whole.lines("changes.jsonl") if line not in shown]
    assert hidden
    readable = b"".join(data for name, data in copy.members.items() if name.endswith((".jsonl", ".csv", ".json")))
    own = {change["record"] for change in map(json.loads, shown)}
    for change in hidden:
        if change["kind"] == "session":
            assert change["record"] not in own
            assert f'"{change["record"]}"'.encode() not in readable


def test_a_district_is_all_its_visits(world, tmp_path):
    copy = Copy(disclosed(world, tmp_path, ubigeo="160301"))
    kinds = {(change["kind"], change["set"].get("visit")) for change in lines(copy, "earlier.jsonl")}
    other = world.laptops["LOR08"].visit
    assert ("visit", None) in kinds
    assert {visit for kind, visit in kinds if kind == "session" and visit} == {other}
    assert verify(disclosed(world, tmp_path, ubigeo="160301"), world.vkey).ok


@pytest.mark.parametrize("what", [{"visit": "LOR07-99"}, {"ubigeo": "999999"}])
def test_what_is_not_there_cannot_be_disclosed(world, tmp_path, what):
    with pytest.raises(UserError):
        disclosed(world, tmp_path, **what)
    assert list(tmp_path.iterdir()) == []


DAMAGES = {
    "a change altered": (lambda copy: copy.edit_json("earlier.jsonl", 2, at=1), "inclusion"),
    "a change dropped": (
        lambda copy: copy.put_lines("earlier.jsonl", copy.lines("earlier.jsonl")[:-1]),
        "change_missing",
    ),
    "a proof dropped": (
        lambda copy: copy.put_lines("earlier-proofs.jsonl", copy.lines("earlier-proofs.jsonl")[:-1]),
        "change_added",
    ),
    "a proof altered": (lambda copy: copy.edit_json("earlier-proofs.jsonl", 3, proof=[]), "inclusion"),
    "a proof's place": (lambda copy: copy.edit_json("earlier-proofs.jsonl", 3, place=1), "inclusion"),
    "a proof twice": (
        lambda copy: [
            copy.put_lines(name, [copy.lines(name)[0], *copy.lines(name)])
            for name in ("earlier.jsonl", "earlier-proofs.jsonl")
        ],
        "inclusion",
    ),
    "a record altered": (
        lambda copy: copy.members.update(
            {"records/session.csv": copy.members["records/session.csv"].replace(b"resolved", b"referred", 1)}
        ),
        "record_altered",
    ),
    "a stretch of the ledger": (lambda copy: copy.put_lines("changes.jsonl", copy.lines("earlier.jsonl")), "selection"),
    "heads": (lambda copy: copy.put_lines("heads.jsonl", [b"{}"]), "selection"),
    "a tile": (lambda copy: copy.members.update({"tile/0/000.p/56": b"x"}), "member"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_spoilt_disclosure_is_refused_by_name(world, tmp_path, name):
    change, code = DAMAGES[name]
    copy = Copy(disclosed(world, tmp_path, visit=world.laptops["LOR07"].visit))
    change(copy)
    copy.reseal(office_keys().sign)
    report = verify(copy.write(tmp_path / "x.zip"), world.vkey)
    assert code in {finding.code for finding in report.findings}, report.to_text()


def test_a_disclosure_continues_an_export_when_it_carries_the_proof(world, export, tmp_path):
    visit = world.laptops["LOR07"].visit
    path = tmp_path / "disclosed.zip"
    write_export(world.office, path, Asked(visit=visit), previous=export)
    assert verify(path, world.vkey, export).verdict == "authentic"
    assert "previous" in {
        item.code for item in verify(disclosed(world, tmp_path, visit=visit), world.vkey, export).findings
    }
