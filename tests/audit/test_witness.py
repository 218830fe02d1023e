"""Laptops as witnesses of the office's ledger: what they cosign, what they notice, what an auditor makes of it."""

import base64
import json
import zipfile

import metamorphic_log
import pytest

from itinerant.audit.verify import verify
from itinerant.errors import StoreProblem, UserError
from itinerant.log import notes
from itinerant.log.tree import Frontier
from server import ledger, witnesses
from server.exports.export import write_export
from server.inspection import inspect
from server.tables import ChangeRow, NodeRow, table
from tests.audit import seats, tamper
from tests.audit.builder import office_keys
from tests.audit.surgery import Copy, canonical
from tests.audit.test_corpus import codes

KEY = office_keys().sign
_change = table(ChangeRow)
_node = table(NodeRow)


@pytest.fixture(scope="module", autouse=True)
def quick():
    with seats.eased():
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory, quick):
    folder = tmp_path_factory.mktemp("seats") / "template"
    seats.make(folder)
    return folder


@pytest.fixture
def place(template, tmp_path):
    found = seats.Seats(template, tmp_path / "place")
    yield found
    found.close()


def export(office, path):
    write_export(office, path)
    return verify(path, office.verifier.vkey)


def failing(office):
    return {check.name for check in inspect(office) if not check.ok}


def test_what_a_laptop_saw_reaches_the_export_with_its_signature(place, tmp_path):
    place.settle()
    for code in seats.CODES:
        place.sync(code)  # the cosignature of the last answer travels
    report = export(place.office, tmp_path / "a.zip")
    assert report.verdict == "authentic"
    assert report.counts["witnesses"] == 2
    told = next(fact for fact in report.facts if fact.startswith("Vista por 2 equipos"))
    for code in seats.CODES:
        assert f"{code} hasta la hoja {place.laptops[code].witness.checkpoint.size} " in told


def test_a_cosignature_is_c2sp_s_and_of_the_laptop_s_own_key(place, tmp_path):
    place.settle()
    place.sync("LOR07")
    export(place.office, tmp_path / "a.zip")
    line = json.loads(Copy(tmp_path / "a.zip").lines("witnesses.jsonl")[0])
    laptop = place.laptops["LOR07"]
    by = notes.witness(place.office.settings.origin, "LOR07", laptop.identity.keys.public.sign)
    text, (good,) = notes.read(line["note"], [by])
    assert notes.Checkpoint.from_text(text) == laptop.witness.checkpoint
    assert good.seconds <= place.now // 1000
    assert notes.read_checkpoint(line["note"], [place.office.verifier]) == laptop.witness.checkpoint


def test_verifiers_of_others_read_what_a_laptop_saw_and_its_proof(place, tmp_path):
    """They pass over the kind of signature that a witness makes, and hold the office's and the proof."""
    place.settle()
    for code in seats.CODES:
        place.sync(code)
    export(place.office, tmp_path / "a.zip")
    copy, key = Copy(tmp_path / "a.zip"), [place.office.verifier.vkey]
    head = copy.members["checkpoint"].decode()
    first, last = (json.loads(line) for line in copy.lines("witnesses.jsonl"))
    for line in (first, last):
        proof = [base64.b64decode(item) for item in line["proof"]]
        metamorphic_log.checkpoint_verify_consistency(line["note"], head, key, proof)
    with pytest.raises(metamorphic_log.VerifyError):
        metamorphic_log.checkpoint_verify_consistency(first["note"], head, key, [bytes(32)])


def test_an_export_without_witnesses_says_so(place, tmp_path):
    report = export(place.office, tmp_path / "a.zip")
    assert report.ok
    assert "Ningún equipo dio fe todavía de que el registro solo creció." in report.limits


def test_the_same_period_gives_the_same_bytes_whoever_cosigned_since(place, tmp_path):
    from datetime import date

    from server.exports.source import Asked

    place.settle()
    day = Asked(None, date(2025, 11, 23))
    place.now += 48 * seats.HOUR_MS
    write_export(place.office, tmp_path / "a.zip", day)
    place.settle()
    write_export(place.office, tmp_path / "b.zip", day)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_an_idle_laptop_asks_once_a_day_and_stays_under_a_kibibyte(place):
    place.settle()
    place.sizes.clear()
    place.sync("LOR08")  # brings the cosignature
    place.sync("LOR08")
    assert all(sum(size) <= 1024 - 300 for size in place.sizes), place.sizes  # HTTP's own headers take some 280
    before = place.laptops["LOR08"].witness.seen.at
    place.sync("LOR08")
    assert place.laptops["LOR08"].witness.seen.at == before
    place.now += 24 * seats.HOUR_MS
    place.sync("LOR08")
    assert place.laptops["LOR08"].witness.seen.at > before


def test_a_stick_carries_cosignatures_and_proofs_as_well(place, tmp_path):
    place.work("LOR07")
    for number in range(3):
        place.work("LOR07", 1)
        (tmp_path / str(number)).mkdir()
        place.by_office_stick("LOR07", tmp_path / str(number))
    assert place.alarm("LOR07") is None
    with place.office.database.reader() as connection:
        seen = witnesses.latest(connection, size=witnesses.FOREVER)
    assert [one.device for one in seen] == ["LOR07"]
    assert failing(place.office) == set()


# -- the office rewrote its history


def swapped(office, key):
    """Two of the office's own changes in another order, which no laptop's signature shows."""
    leaves = tamper.ledger(office)
    tamper.rewrite(office, [leaves[1], leaves[0], *leaves[2:]], key)


def test_a_rewritten_history_alarms_at_the_next_sync_and_stays_until_a_person_looked(place):
    place.settle()
    known = place.laptops["LOR07"].witness.seen.note
    swapped(place.office, KEY)
    place.work("LOR07")
    report = place.sync("LOR07")
    assert report.pending == 0, "work goes on"
    alarm = place.laptops["LOR07"].witness.alarm
    assert (alarm.code, alarm.known) == ("rewritten", known)
    assert "reescribió" in alarm.sentence
    said = place.laptops["LOR07"].status()["ledger"]
    assert (said["alarm"], said["sentence"]) == ("rewritten", alarm.sentence)
    assert "ledger" in {check.code for check in place.laptops["LOR07"].examine() if not check.well}
    place.work("LOR07")
    place.sync("LOR07")
    assert place.laptops["LOR07"].witness.alarm == alarm, "the first evidence is kept"
    with pytest.raises(UserError):
        place.laptops["LOR07"].witness.start_anew(" ")
    place.laptops["LOR07"].witness.start_anew("la oficina restauró su copia del lunes; acta 12")
    place.work("LOR07")
    place.sync("LOR07")
    seen = place.laptops["LOR07"].witness.seen
    assert (seen.alarm, seen.settled[0].alarm) == (None, alarm)
    assert seen.cosignature


def test_nothing_is_cosigned_under_an_alarm(place):
    place.settle()
    swapped(place.office, KEY)
    place.work("LOR07")
    place.sync("LOR07")
    assert place.laptops["LOR07"].witness.seen.cosignature == ""


def test_an_office_that_lost_its_end_alarms(place):
    old = place.copy_office("old")
    place.settle()
    place.work("LOR07", 1)
    place.sync("LOR07", old)
    old.close()
    assert place.alarm("LOR07") in {"shorter", "rewritten"}


def test_a_history_rewritten_without_the_key_is_not_signed_anew(place):
    place.settle()
    swapped(place.office, office_keys(9).sign)
    place.work("LOR07")
    with pytest.raises(StoreProblem) as refused:
        place.sync("LOR07")
    assert refused.value.code == "ledger"
    place.now += 24 * seats.HOUR_MS
    place.sync("LOR08")
    assert place.alarm("LOR08") == "unsigned"


def test_a_doctored_row_breaks_the_proof(place):
    place.settle()
    with place.office.database.writer() as connection:
        connection.execute(_change.update().where(_change.c.position == 2).values(hash=bytes(32)))
    place.work("LOR07")
    place.sync("LOR07")
    assert place.alarm("LOR07") == "rewritten"


# -- one office, two views of it


def two_views(place):
    """LOR07 syncs with one office, LOR08 with another that has the same keys and past; nothing is wrong with either."""
    place.settle(1)
    other = place.copy_office("other")
    place.work("LOR07", 2)
    place.sync("LOR07")
    place.work("LOR08", 5)
    place.sync("LOR08", other)
    assert place.alarm("LOR07") is place.alarm("LOR08") is None
    return other


def test_two_views_meet_on_a_stick_between_laptops(place, tmp_path):
    other = two_views(place)
    place.by_stick("LOR08", "LOR07", tmp_path)
    place.work("LOR07", 9)  # this view grows beyond what the other laptop saw
    place.sync("LOR07")
    place.sync("LOR07")
    alarm = place.laptops["LOR07"].witness.alarm
    assert (alarm.code, alarm.device) == ("split", "LOR08")
    assert notes.read_checkpoint(alarm.known, [other.verifier]) == place.laptops["LOR08"].witness.checkpoint
    assert "LOR08" in alarm.sentence
    other.close()


def test_one_view_seen_by_two_laptops_raises_no_alarm_on_a_stick(place, tmp_path):
    place.settle()
    place.by_stick("LOR08", "LOR07", tmp_path)
    place.by_stick("LOR07", "LOR08", tmp_path)
    place.settle()
    assert place.alarm("LOR07") is place.alarm("LOR08") is None
    assert place.laptops["LOR07"].witness.seen.heard == {}


def test_two_views_meet_at_the_office(place, tmp_path):
    other = two_views(place)
    place.work("LOR07", 9)
    place.sync("LOR07")
    place.sync("LOR08")  # with the first office, by whose ledger its cosignature is a stranger's
    assert "witnesses" in failing(place.office)
    report = export(place.office, tmp_path / "a.zip")
    assert codes(report) == {"witness"}
    assert {finding.change for finding in report.findings} == {"LOR08"}
    other.close()


def test_two_views_meet_at_an_auditor_with_a_laptop_s_checkpoint(place, tmp_path):
    other = two_views(place)
    place.work("LOR07", 9)
    place.sync("LOR07")
    assert export(place.office, tmp_path / "a.zip").verdict == "authentic"
    (tmp_path / "lor07").write_text(place.laptops["LOR07"].witness.seen.note)
    (tmp_path / "lor08").write_text(place.laptops["LOR08"].witness.seen.note)
    vkey = place.office.verifier.vkey
    assert verify(tmp_path / "a.zip", vkey, tmp_path / "lor07").verdict == "authentic"
    assert codes(verify(tmp_path / "a.zip", vkey, tmp_path / "lor08")) == {"previous"}
    other.close()


def test_two_exports_of_two_views_do_not_continue_each_other(place, tmp_path):
    other = two_views(place)
    write_export(place.office, tmp_path / "a.zip")
    write_export(other, tmp_path / "b.zip")
    assert "previous" in codes(verify(tmp_path / "b.zip", other.verifier.vkey, tmp_path / "a.zip"))
    other.close()


# -- forged testimony


@pytest.mark.parametrize("name", ["signature", "proof", "another device", "two lines"])
def test_a_witness_line_altered_by_whoever_holds_the_office_s_key_is_named(place, tmp_path, name):
    place.settle()
    for code in seats.CODES:
        place.sync(code)
    write_export(place.office, tmp_path / "a.zip")
    copy = Copy(tmp_path / "a.zip")
    one, two = (json.loads(line) for line in copy.lines("witnesses.jsonl"))
    if name == "signature":
        cosigned = one["note"].split("\n")[5]
        one["note"] = one["note"].replace(cosigned, cosigned[:-12] + "AAAAAAAAAAAA")
    elif name == "proof":
        one["proof"] = one["proof"][1:]
    elif name == "another device":
        one["device"] = "LOR08"
    else:
        one["note"] += one["note"].split("\n")[5] + "\n"
    copy.put_lines("witnesses.jsonl", [canonical(one), canonical(two)])
    copy.reseal(KEY)
    assert "witness" in codes(verify(copy.write(tmp_path / "x.zip"), place.office.verifier.vkey))
    assert zipfile.is_zipfile(tmp_path / "x.zip")


# -- the nodes from which proofs are made


def test_kept_nodes_are_those_of_the_leaves_and_doctor_tells_a_doctored_one(place):
    hashes = [number.to_bytes(32, "big") for number in range(70_000)]
    whole = Frontier().append(hashes)
    with place.office.database.writer() as connection:
        connection.execute(_change.delete())
        row = "INSERT INTO change VALUES (?, 'X1', ?, 'X1-1', 0, 'session', '', ?, x'00', 0)"
        connection.exec_driver_sql(row, [(at, at + 1, digest) for at, digest in enumerate(hashes)])
        ledger._keep_nodes(connection, 0, hashes)
        fetch = ledger.fetcher(connection)
        from itinerant.log.tree import consistency_proof, from_leaves, root

        assert root(70_000, fetch) == whole.root()
        for old in (1, 255, 256, 65_535, 65_536, 65_537, 69_999):
            assert consistency_proof(old, 70_000, fetch) == consistency_proof(old, 70_000, from_leaves(hashes))
        assert ledger.nodes_follow(connection)
        connection.execute(_node.delete().where(_node.c.row == 2))
        assert root(70_000, fetch) == whole.root(), "what an older program did not keep is made of what is there"
        connection.execute(_node.update().where(_node.c.number == 9).values(hash=bytes(32)))
        assert not ledger.nodes_follow(connection)
