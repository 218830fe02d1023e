"""What a laptop learns: its brigade's work, the office's, conflicts; nothing of other brigades; nothing twice."""

from __future__ import annotations

import random

import pytest

from itinerant.errors import UserError
from itinerant.log.merge import merge
from server import central, conflicts
from server.exchange.answer import answer
from server.exchange.contacts import Question
from server.laptops import fleet
from server.office import Office
from tests.server import looking
from tests.server.conftest import Clock
from tests.server.laptop import SESSION, START_MS, FakeLaptop, enrolled

DAY_MS = 86_400_000


def merged(laptop: FakeLaptop, record: str) -> dict[str, object]:
    """The record as the laptop makes it from its own changes and those it received."""
    changes = [link.change for link in laptop.links] + laptop.seen
    return dict(merge(change for change in changes if change.record == record).values)


@pytest.fixture
def peer(office: Office) -> FakeLaptop:
    return enrolled(office, "LOR08")


def test_a_brigades_laptops_see_each_others_work(office: Office, laptop: FakeLaptop, peer: FakeLaptop) -> None:
    stranger = enrolled(office, "CUS01", "B02")
    made = laptop.write()
    laptop.sync()
    peer.sync()
    stranger.sync()
    assert made.ref in {change.ref for change in peer.seen}
    assert merged(peer, made.ref) == dict(SESSION)
    assert not [change for change in stranger.seen if change.device == "LOR07"]
    assert not [change for change in laptop.seen if change.device == "LOR07"], "a laptop's own work does not come back"


def test_nothing_comes_twice(laptop: FakeLaptop, peer: FakeLaptop) -> None:
    for _number in range(3):
        laptop.write()
        laptop.sync()
        peer.sync()
    peer.sync()
    refs = [change.ref for change in peer.seen]
    assert len(refs) == len(set(refs))
    assert not peer.sync().changes


def test_an_answer_with_more_than_fits_is_continued(office: Office, laptop: FakeLaptop, peer: FakeLaptop) -> None:
    some = random.Random(7)
    for _number in range(300):
        times = {"duration_s": some.randrange(7_200), "started_at": START_MS + some.randrange(10**9)}
        laptop.write(values={**SESSION, **times})
    laptop.sync()
    have, rounds, refs = peer.have, 0, []
    while True:
        receipt = peer.read(answer(office, "LOR08", Question("x", have=have, standing=peer.standing, room=2_000)))
        assert receipt.size <= 2_000
        refs.extend(change.ref for change in receipt.changes)
        rounds += 1
        have = receipt.header.have
        if not receipt.more:
            break
    assert refs == [f"LOR07-{number}" for number in range(1, 301)]
    assert rounds > 1


def test_two_laptops_that_alter_one_field_are_in_conflict_until_it_is_decided(
    office: Office, laptop: FakeLaptop, peer: FakeLaptop
) -> None:
    made = laptop.write()
    laptop.sync()
    peer.sync()
    laptop.write(values={"duration_s": 600, "age_band": "60+"}, record=made.ref, base=[made.ref], why="conté mal")
    peer.write(values={"duration_s": 900}, record=made.ref, base=[made.ref], why="lo dijo ella")
    told = laptop.sync().standing
    assert told is None or not told.conflicts
    receipt = peer.sync()
    assert receipt.standing is not None
    assert [tuple(item) for item in receipt.standing.conflicts] == [(made.ref, "duration_s")]
    (conflict,) = looking.conflicts(office)
    assert (conflict["record"], conflict["kind"], conflict["field"]) == (made.ref, "session", "duration_s")
    assert (conflict["base"], conflict["provisional"]) == (420, 900)
    assert [(item["value"], item["change"], item["by"]) for item in conflict["candidates"]] == [
        (600, "LOR07-2", "P014"),
        (900, "LOR08-1", "P014"),
    ]
    assert looking.records(office)[made.ref]["age_band"] == "60+"
    told = laptop.sync().standing
    assert told is not None
    assert [tuple(item) for item in told.conflicts] == [(made.ref, "duration_s")]
    conflicts.resolve(office, made.ref, "duration_s", 600, "lo dice el acta", by="rev1")
    assert not looking.conflicts(office)
    for one in (laptop, peer):
        standing = one.sync().standing
        assert standing is not None
        assert not standing.conflicts
        assert merged(one, made.ref)["duration_s"] == 600
    assert looking.records(office)[made.ref]["duration_s"] == 600
    looking.assert_sound(office)


def test_a_decision_can_be_reversed(office: Office, laptop: FakeLaptop, peer: FakeLaptop) -> None:
    made = laptop.write()
    laptop.sync()
    peer.sync()
    laptop.write(values={"void": True}, record=made.ref, base=[made.ref], why="repetida")
    peer.write(values={"duration_s": 900}, record=made.ref, base=[made.ref])
    laptop.sync()
    peer.sync()
    (conflict,) = looking.conflicts(office)
    assert conflict["field"] == "void"
    conflicts.resolve(office, made.ref, "void", True, "es repetida", by="rev1")
    assert looking.records(office)[made.ref]["void"] is True
    with office.database.writer() as connection:
        central.amend(connection, office, made.ref, {"void": False}, by="rev2", why="no lo era")
    assert looking.records(office)[made.ref]["void"] is False
    assert not looking.conflicts(office)


@pytest.mark.parametrize(
    ("field", "value", "why", "words"),
    [
        ("duration_s", 600, " ", "motivo"),
        ("sex", "f", "porque sí", "no está en conflicto"),
        ("duration_s", "mucho", "porque sí", "Duración"),
    ],
)
def test_a_decision_needs_a_conflict_a_value_and_a_reason(
    office: Office, laptop: FakeLaptop, peer: FakeLaptop, field: str, value: object, why: str, words: str
) -> None:
    made = laptop.write()
    laptop.sync()
    laptop.write(values={"duration_s": 1}, record=made.ref, base=[made.ref])
    peer.write(values={"duration_s": 2}, record=made.ref, base=[made.ref])
    laptop.sync()
    peer.sync()
    with pytest.raises(UserError, match=words):
        conflicts.resolve(office, made.ref, field, value, why, by="rev1")  # type: ignore[arg-type]
    assert len(looking.conflicts(office)) == 1


def test_arrival_in_any_order_gives_the_same_record(office: Office, laptop: FakeLaptop, peer: FakeLaptop) -> None:
    made = laptop.write()
    peer.write(values={"duration_s": 900}, record=made.ref, base=[made.ref])
    peer.sync()  # the amendment arrives before what it amends
    assert made.ref not in looking.records(office)
    laptop.sync()
    assert looking.records(office)[made.ref]["duration_s"] == 900
    assert not looking.conflicts(office)
    looking.assert_sound(office)


def test_a_persons_move_reaches_both_brigades(office: Office, laptop: FakeLaptop) -> None:
    stranger = enrolled(office, "CUS01", "B02")
    laptop.sync()
    stranger.sync()
    record = fleet.add_staff(office, "P014", brigade="B02", role="responsable", name="Rosa Tapullima", by="admin")
    roster = stranger.sync().standing
    assert roster is not None
    assert [person.code for person in roster.roster] == ["P014"]
    left = laptop.sync().standing
    assert left is not None
    assert not left.roster
    for one in (laptop, stranger):
        assert merged(one, record)["brigade"] == "B02"
        assert merged(one, record)["code"] == "P014"


def test_names_of_staff_are_in_the_roster_and_nowhere_in_the_log(office: Office, laptop: FakeLaptop) -> None:
    assert laptop.last is not None
    assert laptop.last.standing is not None
    assert [(person.code, person.name) for person in laptop.last.standing.roster] == [("P014", "Rosa Tapullima")]
    assert not [change for change in laptop.seen if "Tapullima" in str(change)]


def test_a_new_laptop_gets_days_of_its_brigades_work_and_all_of_the_offices(
    office: Office, laptop: FakeLaptop, clock: Clock
) -> None:
    laptop.write()
    laptop.sync()
    clock.ms += 30 * DAY_MS
    laptop.write()
    laptop.sync()
    late = enrolled(office, "LOR08")
    late.sync()
    assert [change.ref for change in late.seen if change.device == "LOR07"] == ["LOR07-2"]
    assert {change.kind for change in late.seen if change.device == "CENTRAL"} >= {"brigade", "staff", "device"}


def test_an_office_that_was_put_back_asks_for_what_it_lacks(office: Office, laptop: FakeLaptop) -> None:
    laptop.write()
    laptop.have = 10_000  # pulled from a ledger that was longer
    receipt = laptop.read(laptop.post(laptop.parcel()))
    assert receipt.header.since == receipt.header.have == looking.size(office)


def test_the_clock_of_a_laptop_is_measured_and_believed_in_nothing(
    office: Office, laptop: FakeLaptop, clock: Clock
) -> None:
    clock.ms += 20 * 365 * DAY_MS
    laptop.write()
    assert laptop.sync().header.head == laptop.head
    assert looking.device(office)["clock_skew_ms"] == -20 * 365 * DAY_MS
