"""Exports across a change of the office's signing key: any of its keys leads to the present one, nothing else does."""

import json
from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from itinerant.audit.verify import verify
from itinerant.log.notes import Checkpoint, Verifier
from itinerant.sync.rotation import Rotation
from server import ledger
from server.exports.export import write_export
from server.exports.source import Asked
from server.keys import rotation
from tests.audit.builder import DAY_MS, ordinary
from tests.audit.surgery import Copy, canonical

DAY = date(2025, 11, 23)
"""The first day of the builder's office."""


def codes(report):
    return {finding.code for finding in report.findings}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An office that changed its signing key twice and its sealing key once, with an export after each change."""
    folder = tmp_path_factory.mktemp("rotation")
    world = ordinary(folder / "office", 12)
    keys, exports = [world.vkey], [folder / "0.zip"]
    write_export(world.office, exports[0])
    for number, which in enumerate(("sign", "seal", "sign"), 1):
        world.clock.ms += DAY_MS
        rotation.rotate(world.office, which, "cambio anual", by="ana")
        world.laptop("LOR07").session()
        world.laptop("LOR07").send()
        keys.append(world.vkey)
        exports.append(folder / f"{number}.zip")
        write_export(world.office, exports[-1], previous=exports[-2])
    yield world, keys, exports
    world.office.close()


def test_any_key_that_the_office_had_leads_to_the_present_one(place):
    world, keys, exports = place
    for key in keys:
        report = verify(exports[3], key)
        assert report.verdict == "authentic", report.findings
    told = [fact for fact in report.facts if "cambió su llave" in fact]
    assert len(told) == 2
    assert world.vkey in told[-1]
    assert verify(exports[3]).verdict == "coherent"


def test_a_key_that_it_never_had_does_not(place):
    world, _keys, exports = place
    stranger = Verifier(world.office.settings.origin, bytes(range(32))).vkey
    assert codes(verify(exports[3], stranger)) == {"key"}


def test_an_export_of_before_holds_by_its_own_key_and_is_the_beginning_of_the_next(place):
    _world, keys, exports = place
    assert verify(exports[0], keys[0]).verdict == "authentic"
    for number in (1, 2, 3):
        for earlier in range(number):
            report = verify(exports[number], keys[0], exports[earlier])
            assert report.verdict == "authentic", report.findings
            assert any("Continúa sin cambios" in fact for fact in report.facts)
    assert verify(exports[3], keys[3], exports[0]).verdict == "authentic", "the new key vouches for the former one"


def test_an_export_under_a_key_that_was_changed_since_does_not_follow_a_later_one(place):
    _world, keys, exports = place
    assert "rotation" in codes(verify(exports[0], keys[0], exports[3]))


def test_a_checkpoint_that_somebody_kept_counts_up_to_the_change_of_its_key_alone(place, tmp_path):
    world, keys, exports = place
    former = world.office.keys.former[0][0]
    kept = tmp_path / "sello.txt"
    with world.office.database.reader() as connection:
        end = ledger.read(connection)
    kept.write_text(Checkpoint(world.office.settings.origin, end.size, end.frontier.root()).sign(former))
    assert codes(verify(exports[3], keys[0], kept)) == {"rotation"}
    kept.write_text(end.checkpoint)
    assert verify(exports[3], keys[0], kept).ok


def test_a_period_from_before_the_change_and_one_record_alone_hold_too(place, tmp_path):
    world, keys, _exports = place
    visit = world.laptop("LOR07").visit
    for name, asked in (("visit", Asked(visit=visit)), ("day", Asked(last=DAY))):
        write_export(world.office, tmp_path / f"{name}.zip", asked)
        assert verify(tmp_path / f"{name}.zip", keys[0]).verdict == "authentic"


def tampered(place, tmp_path, change):
    """The last export with other lines in `keys.jsonl`, sealed anew by whoever holds the present key."""
    world, _keys, exports = place
    copy = Copy(exports[3])
    lines = [json.loads(line) for line in copy.lines("keys.jsonl")]
    change(lines)
    copy.put_lines("keys.jsonl", map(canonical, lines))
    copy.list_files()
    copy.seal(world.office.keys.sign)
    return copy.write(tmp_path / "x.zip")


def forged(world, **other):
    """A step to a key of a thief, who has the present key and not the former one."""
    thief = Ed25519PrivateKey.generate()
    public = thief.public_key().public_bytes_raw()
    step = Rotation.make(world.office.settings.origin, 2, 1, world.office.keys.sign, public, thief)
    return replace(step, **other).note(public)


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines.pop(0),
        lambda lines: lines.pop(1),
        lambda lines: lines.reverse(),
        lambda lines: lines[0].update(note=lines[0]["note"].replace("\n2 ", "\n2 1")),
        lambda lines: lines[0].update(note="\n".join(lines[0]["note"].split("\n")[:-2]) + "\n"),
        lambda lines: lines[0].update(note="nada"),
    ],
    ids=["first-gone", "middle-gone", "reversed", "size", "one-signature", "no-note"],
)
def test_a_step_that_is_missing_or_altered_is_refused(place, tmp_path, change):
    found = codes(verify(tampered(place, tmp_path, change), place[1][0]))
    assert found & {"rotation", "key", "note"}


def test_a_thief_of_the_present_key_cannot_put_another_beginning_before_it(place, tmp_path):
    world, keys, _exports = place

    def change(lines):
        lines[:] = [{"note": forged(world)}]

    path = tampered(place, tmp_path, change)
    assert codes(verify(path, keys[0])) == {"key"}
    assert "rotation" in codes(verify(path, keys[3])), "and the ledger does not have that step"
