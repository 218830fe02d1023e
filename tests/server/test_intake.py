"""What becomes of a parcel: ledger, records, quarantine, receipts; and that nothing is applied twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from itinerant.domain.fields import Value
from itinerant.errors import Damaged, Refused, UserError
from itinerant.log.change import GENESIS
from itinerant.sync.keys import DeviceKeys
from server import central
from server.exchange import quarantine
from server.exchange.handling import handle
from server.laptops import fleet
from server.office import Office
from tests.server import looking
from tests.server.laptop import SESSION, FakeLaptop, enrolled


def test_a_day_arrives_whole_and_is_receipted(office: Office, laptop: FakeLaptop) -> None:
    before = looking.size(office)
    visit = laptop.write("visit", {"brigade": "B01", "ubigeo": "160101", "place": "Nauta", "opened_at": 5})
    for minutes in range(5):
        laptop.write(values={**SESSION, "duration_s": minutes * 60, "visit": visit.ref})
    receipt = laptop.sync()
    assert receipt.header.head == laptop.head
    assert looking.size(office) == before + 6
    assert [row["duration_s"] for row in looking.records(office).values()] == [0, 60, 120, 180, 240]
    assert looking.records(office, "visit")[visit.ref]["place"] == "Nauta"
    looking.assert_sound(office)


def test_the_same_parcel_again_changes_nothing(office: Office, laptop: FakeLaptop) -> None:
    for _number in range(3):
        laptop.write()
    data = laptop.parcel()
    first = laptop.read(handle(office, data))
    size, rows = looking.size(office), looking.records(office)
    again = laptop.read(handle(office, data))
    assert (again.header.head, again.header.re) == (first.header.head, first.header.re)
    assert (looking.size(office), looking.records(office)) == (size, rows)
    assert not looking.quarantine(office)
    looking.assert_sound(office)


def test_parcels_that_overlap_bring_only_what_is_new(office: Office, laptop: FakeLaptop) -> None:
    for _number in range(6):
        laptop.write()
    for first, last in ((1, 3), (2, 5), (1, 2), (4, 6), (1, 6)):
        handle(office, laptop.parcel(first, last))
    assert len(looking.records(office)) == 6
    assert looking.device(office)["upto"] == 6
    looking.assert_sound(office)


def test_a_parcel_beyond_a_gap_waits_for_what_is_missing(office: Office, laptop: FakeLaptop) -> None:
    for _number in range(4):
        laptop.write()
    receipt = laptop.read(handle(office, laptop.parcel(3, 4)))
    assert receipt.header.head.seq == 0
    assert not looking.records(office)
    assert not looking.quarantine(office)
    assert laptop.sync().header.head == laptop.head
    assert len(looking.records(office)) == 4


def test_a_laptop_killed_before_its_receipt_learns_what_arrived(office: Office, laptop: FakeLaptop) -> None:
    laptop.write()
    handle(office, laptop.parcel())  # the answer is lost
    laptop.write()
    assert laptop.sync().header.head == laptop.head
    assert len(looking.records(office)) == 2


@pytest.mark.parametrize(
    ("kind", "values", "why", "reason", "field"),
    [
        ("session", {**SESSION, "note": "llamar al 987 654 321"}, "", "personal_data", "note"),
        ("session", {**SESSION, "shoe_size": 42}, "", "schema", "shoe_size"),
        ("session", {**SESSION, "outcome": "partial"}, "", "schema", "cause"),
        ("session", {**SESSION, "duration_s": -1}, "", "schema", "duration_s"),
        ("session", dict(SESSION), "DNI 45678912", "personal_data", "why"),
        ("miracle", {"text": "x"}, "", "unknown_kind", ""),
        ("device", {"code": "LOR08", "brigade": "B01", "state": "enrolled"}, "", "office_only", ""),
    ],
)
def test_what_may_not_enter_waits_with_its_reason(
    office: Office,
    laptop: FakeLaptop,
    kind: str,
    values: dict[str, Value],
    why: str,
    reason: str,
    field: str,
) -> None:
    before = looking.size(office)
    laptop.write(kind, values, why=why)
    laptop.write()
    receipt = laptop.sync()
    assert receipt.header.head == laptop.head, "what waits counts as received"
    assert receipt.standing is not None
    assert [(item.ref, item.reason) for item in receipt.standing.quarantined] == [("LOR07-1", reason)]
    (item,) = looking.quarantine(office)
    assert (item["change"], item["reason"], item["field"]) == ("LOR07-1", reason, field)
    assert "987" not in str(item), "the list does not show what it hides"
    assert looking.size(office) == before + 1
    assert list(looking.records(office)) == ["LOR07-2"]
    looking.assert_sound(office)


def test_an_identity_number_as_author_waits(office: Office, laptop: FakeLaptop) -> None:
    laptop.write(by="45678912")
    laptop.sync()
    assert looking.reasons(office) == [("LOR07-1", "personal_data")]


def test_an_unknown_service_is_accepted_and_listed(office: Office, laptop: FakeLaptop) -> None:
    with office.database.writer() as connection:
        service = {"code": "RENIEC-01", "entity": "RENIEC", "name": "Duplicado de DNI", "access": "procedure"}
        central.create(connection, office, "service", [service], by="admin")
    laptop.write()
    laptop.write(values={**SESSION, "service": "NUEVO-99"})
    laptop.sync()
    rows = looking.records(office)
    assert "unmapped" not in rows["LOR07-1"]
    assert rows["LOR07-2"]["unmapped"] is True
    assert not looking.quarantine(office)


def test_a_released_change_enters_at_the_ledgers_end(office: Office, laptop: FakeLaptop) -> None:
    laptop.write(values={**SESSION, "note": "expediente 20260012345"})
    laptop.sync()
    (item,) = looking.quarantine(office)
    size = looking.size(office)
    quarantine.release(office, item["item"], "es un número de sala", by="rev1")
    assert looking.size(office) == size + 1
    assert list(looking.records(office)) == ["LOR07-1"]
    assert laptop.sync().standing is not None, "the laptop learns that nothing waits any more"
    assert not looking.quarantine(office)
    looking.assert_sound(office)


@pytest.mark.parametrize(
    ("worse", "field"),
    [
        ({"service": "=HYPERLINK(1)"}, "service"),
        ({"duration_s": "mucho"}, "duration_s"),
        ({"outcome": "referred"}, "cause"),
        ({"distinct_from": ["20260012345", "=1"]}, "distinct_from"),
    ],
)
def test_whoever_overrules_the_guard_overrules_nothing_else(
    office: Office, laptop: FakeLaptop, worse: dict[str, Value], field: str
) -> None:
    laptop.write(values={**SESSION, "note": "expediente 20260012345", **worse})
    laptop.sync()
    (item,) = looking.quarantine(office)
    assert item["reason"] == "personal_data", "it is what a person must see first"
    with pytest.raises(UserError) as refused:
        quarantine.release(office, item["item"], "es un número de sala", by="rev1")
    assert refused.value.place == field
    assert not looking.records(office)


def test_a_discarded_change_stays_out(office: Office, laptop: FakeLaptop) -> None:
    laptop.write(values={**SESSION, "note": "DNI 45678912"})
    laptop.sync()
    (item,) = looking.quarantine(office)
    quarantine.discard(office, item["item"], "dato personal", by="rev1")
    assert not looking.quarantine(office)
    assert not looking.records(office)
    laptop.write()
    assert laptop.sync().header.head == laptop.head
    looking.assert_sound(office)


def test_an_amendment_of_a_waiting_record_shows_no_half_record(office: Office, laptop: FakeLaptop) -> None:
    made = laptop.write(values={**SESSION, "note": "DNI 45678912"})
    laptop.write(values={"note": None}, record=made.ref, base=[made.ref], why="se quitó el dato")
    laptop.sync()
    assert not looking.records(office)
    (item,) = looking.quarantine(office)
    quarantine.release(office, item["item"], "ya corregido", by="rev1")
    assert looking.records(office)[made.ref]["note"] is None


def test_a_record_has_one_kind(office: Office, laptop: FakeLaptop) -> None:
    made = laptop.write()
    laptop.write("incident", {"severity": "low"}, record=made.ref, base=[made.ref])
    laptop.sync()
    assert looking.reasons(office) == [("LOR07-2", "schema")]


def test_a_brigade_does_not_touch_anothers_records(office: Office, laptop: FakeLaptop) -> None:
    stranger = enrolled(office, "CUS01", "B02")
    made = laptop.write()
    laptop.sync()
    stranger.write(values={"void": True}, record=made.ref, base=[made.ref])
    stranger.sync()
    assert looking.reasons(office) == [("CUS01-1", "scope")]
    assert looking.records(office)[made.ref]["void"] is False


def test_an_unknown_laptop_is_refused(office: Office, laptop: FakeLaptop) -> None:
    laptop.write()
    stranger = laptop.copy()
    stranger.keys = DeviceKeys.generate()
    with pytest.raises(Damaged, match="firma"):
        handle(office, stranger.parcel())
    nobody = laptop.copy()
    nobody.links.clear()
    nobody.invitation = replace(laptop.invitation, device="XYZ99")
    nobody.write()
    with pytest.raises(Refused) as caught:
        handle(office, nobody.parcel())
    assert caught.value.code == "unknown_device"
    assert not looking.records(office)


def test_what_a_revoked_laptop_signs_later_waits_and_it_learns_only_that(office: Office, laptop: FakeLaptop) -> None:
    peer = enrolled(office, "LOR08")
    laptop.write()
    laptop.sync()
    assert fleet.revoke(office, "LOR07", "la robaron", by="admin", lost=True) == 1
    told = peer.sync().standing
    assert told is not None
    assert [tuple(item) for item in told.revoked] == [("LOR07", 1)]
    peer.write()
    peer.sync()
    laptop.write()
    receipt = laptop.sync()
    assert receipt.header.head == laptop.head, "it counts as received: nothing is lost"
    assert receipt.standing is not None
    assert (receipt.standing.state, receipt.standing.roster, receipt.changes) == ("lost", (), [])
    assert [(item.ref, item.reason) for item in receipt.standing.quarantined] == [("LOR07-2", "revoked")]
    assert looking.reasons(office) == [("LOR07-2", "revoked")]


def test_a_revoked_laptop_is_believed_up_to_its_last_change_that_was_here(office: Office, laptop: FakeLaptop) -> None:
    for _number in range(3):
        laptop.write()
    handle(office, laptop.parcel(1, 2))
    fleet.revoke(office, "LOR07", "se perdió", by="admin")
    laptop.sync()
    assert looking.reasons(office) == [("LOR07-3", "revoked")]
    assert len(looking.records(office)) == 2


@pytest.mark.parametrize("place", [0, 3, 5, 40, 200, -1, -100])
def test_one_flipped_bit_is_refused_and_leaves_nothing(office: Office, laptop: FakeLaptop, place: int) -> None:
    laptop.write()
    data = bytearray(laptop.parcel())
    data[place] ^= 1
    with pytest.raises((Damaged, Refused)):
        handle(office, bytes(data))
    assert not looking.records(office)
    assert laptop.sync().header.head == laptop.head


def test_a_cut_parcel_is_refused_at_every_length(office: Office, laptop: FakeLaptop) -> None:
    laptop.write()
    data = laptop.parcel()
    for length in range(0, len(data), 7):
        with pytest.raises(Damaged):
            handle(office, data[:length])
    assert not looking.records(office)


def test_the_chain_starts_at_the_first_change(laptop: FakeLaptop) -> None:
    assert laptop.write().prev == GENESIS
