"""Exports against each other: what was sealed before must still be there, in a later export and in the office."""

from datetime import date

import pytest

from itinerant.audit.verify import verify
from itinerant.errors import Damaged, UserError
from server.exports.export import write_export
from server.exports.source import Asked
from tests.audit import tamper
from tests.audit.builder import DAY_MS, office_keys, ordinary
from tests.audit.surgery import Copy
from tests.audit.test_corpus import codes

KEY = office_keys().sign


@pytest.fixture
def grown(tmp_path):
    """An office, its export of the first day, and a second day in the ledger."""
    world = ordinary(tmp_path / "office", sessions=20)
    first = tmp_path / "first.zip"
    write_export(world.office, first)
    world.clock.ms += DAY_MS
    laptop = world.laptop()
    for number in range(300):
        laptop.session(duration_s=number)
    opened = laptop.links[1].change.ref
    laptop.write("session", {"note": "corregida al día siguiente"}, record=opened, base=[opened])
    laptop.send()
    yield world, first
    world.office.close()


def later(world, folder, name="later.zip", **options):
    path = folder / name
    write_export(world.office, path, **options)
    return path


def test_a_later_export_continues_an_earlier_one(grown, tmp_path):
    world, first = grown
    for options in ({}, {"previous": first}):
        report = verify(later(world, tmp_path, **options), world.vkey, first)
        assert report.verdict == "authentic", report.to_text()
        assert any("Continúa" in fact for fact in report.facts)


def test_a_period_continues_an_export_that_ends_where_it_begins(grown, tmp_path):
    world, first = grown
    day = later(world, tmp_path, asked=Asked(date(2025, 11, 24), date(2025, 11, 24)))
    report = verify(day, world.vkey, first)
    assert report.verdict == "authentic", report.to_text()
    assert report.counts["changes"] == 301
    assert report.counts["earlier"] > 0
    assert any("Empieza en la hoja" in limit for limit in report.limits)


def test_a_period_far_from_the_previous_export_needs_the_proof_in_it(grown, tmp_path):
    world, first = grown
    world.clock.ms += DAY_MS
    world.laptop().session()
    world.laptop().send()
    period = {"asked": Asked(date(2025, 11, 25))}
    without = verify(later(world, tmp_path, "a.zip", **period), world.vkey, first)
    assert codes(without) == {"previous"}
    with_proof = verify(later(world, tmp_path, "b.zip", previous=first, **period), world.vkey, first)
    assert with_proof.verdict == "authentic", with_proof.to_text()


def test_a_false_proof_is_refused(grown, tmp_path):
    world, first = grown
    world.clock.ms += DAY_MS
    world.laptop().session()
    world.laptop().send()
    copy = Copy(later(world, tmp_path, previous=first, asked=Asked(date(2025, 11, 25))))
    stated = copy.manifest["previous"]
    copy.edit_manifest(previous={**stated, "proof": stated["proof"][::-1]})
    copy.seal(KEY)
    assert "previous" in codes(verify(copy.write(tmp_path / "x.zip"), world.vkey, first))


def test_an_older_export_in_place_of_a_newer_is_told_apart(grown, tmp_path):
    world, first = grown
    assert codes(verify(first, world.vkey, later(world, tmp_path))) == {"previous"}


def test_an_older_checkpoint_in_a_newer_export_is_refused(grown, tmp_path):
    world, first = grown
    copy = Copy(later(world, tmp_path))
    copy.members["checkpoint"] = Copy(first).members["checkpoint"]
    copy.reseal(KEY)
    assert "size" in codes(verify(copy.write(tmp_path / "x.zip"), world.vkey))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("changes.jsonl", "change_missing"),
        ("records/session.csv", "record_missing"),
        ("heads.jsonl", "uncovered"),
        ("devices.jsonl", "device"),
        ("manifest.json", "size"),
    ],
)
def test_two_exports_mixed_are_told_apart(grown, tmp_path, name, expected):
    world, first = grown
    copy, old = Copy(later(world, tmp_path)), Copy(first)
    copy.members[name] = old.members[name]
    if name == "manifest.json":
        copy.members["manifest.note"] = old.members["manifest.note"]
    report = verify(copy.write(tmp_path / "x.zip"), world.vkey)
    assert expected in codes(report), report.to_text()


def test_a_ledger_rewritten_with_the_office_s_key_is_found_against_the_previous_export(grown, tmp_path):
    world, first = grown
    leaves = tamper.ledger(world.office)
    tamper.rewrite(world.office, [*leaves[:7], *leaves[8:7:-1], leaves[7], *leaves[9:]], KEY)
    report = verify(later(world, tmp_path), world.vkey, first)
    assert {"previous", "rewritten"} <= codes(report), report.to_text()
    assert next(item.row for item in report.findings if item.code == "rewritten") == 8


def test_the_office_itself_does_not_export_what_no_longer_continues(grown, tmp_path):
    world, first = grown
    leaves = tamper.ledger(world.office)
    tamper.rewrite(world.office, [*leaves[:7], *leaves[8:7:-1], leaves[7], *leaves[9:]], KEY)
    with pytest.raises(Damaged) as refused:
        write_export(world.office, tmp_path / "x.zip", previous=first)
    assert refused.value.code == "rewritten"
    assert not (tmp_path / "x.zip").exists()


def test_a_previous_export_of_another_office_is_not_taken(grown, tmp_path):
    world, _first = grown
    stranger = ordinary(tmp_path / "other", sessions=10, seed=5)
    other = tmp_path / "other.zip"
    write_export(stranger.office, other)
    stranger.office.close()
    with pytest.raises(UserError):
        write_export(world.office, tmp_path / "x.zip", previous=other)
    assert "key" in codes(verify(later(world, tmp_path), world.vkey, other))


def test_a_previous_export_that_is_longer_is_not_taken(grown, tmp_path):
    world, _first = grown
    longer = later(world, tmp_path)
    with pytest.raises(UserError):
        write_export(world.office, tmp_path / "x.zip", Asked(last=date(2025, 11, 23)), previous=longer)


def test_what_is_earlier_is_proven_one_by_one(grown, tmp_path):
    world, _first = grown
    copy = Copy(later(world, tmp_path, asked=Asked(date(2025, 11, 24))))
    lines = copy.lines("earlier.jsonl")
    copy.put_lines("earlier.jsonl", [lines[0].replace(b'"v":1', b'"v":2'), *lines[1:]])
    copy.reseal(KEY)
    report = verify(copy.write(tmp_path / "x.zip"), world.vkey)
    assert ("inclusion", "earlier.jsonl", 1) in {(item.code, item.file, item.row) for item in report.findings}
