"""Receipts: kept whole and once, cursors that never skip, forks that stop; and what is forgotten afterwards."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from itinerant.errors import Damaged
from itinerant.log.chain import START, Head
from itinerant.log.change import GENESIS, Change
from itinerant.store import retention
from itinerant.store.laptop import Delivery, Laptop
from itinerant.sync.receipt import Receipt, ReceiptHeader
from itinerant.sync.standing import Person, Quarantined, Standing
from tests.store.conftest import PASSPHRASE, PLACE, SESSION

NOW = 1_763_923_200_000
DAY = 86_400_000


def receipt(laptop: Laptop, upto: int, *changes: Change, at: int = NOW, **more: Any) -> Receipt:
    head = laptop.head_at(upto)
    assert head is not None
    cursor = {name: more.pop(name) for name in ("since", "have") if name in more}
    header = ReceiptHeader(to="LOR07", head=head, at=at, re="", **({"since": 0, "have": len(changes)} | cursor))
    return Receipt(header, changes, **more)


def theirs(
    seq: int, values: dict[str, Any], record: str = "", base: tuple[str, ...] = (), kind: str = "session"
) -> Change:
    return Change("LOR08", seq, NOW, "P020", kind, record or f"LOR08-{seq}", base, values, GENESIS)


@pytest.fixture
def day(laptop: Laptop) -> Laptop:
    """A laptop with an open visit and two sessions: LOR07-1 to LOR07-3."""
    laptop.open_visit(PLACE)
    laptop.add("session", SESSION)
    laptop.add("session", {**SESSION, "note": "Vuelve mañana"})
    return laptop


def test_only_what_a_receipt_covers_is_received(day: Laptop) -> None:
    applied = day.apply_receipt(receipt(day, 2, have=7), answers=True)
    assert (applied.state.received_upto, applied.state.have) == (2, 7)
    assert [day.delivery(f"LOR07-{n}") for n in (1, 2, 3)] == [Delivery.RECEIVED] * 2 + [Delivery.PENDING]
    assert day.status()["pending"] == 1


def test_what_is_set_aside_says_so_until_it_is_released(day: Laptop) -> None:
    aside = Standing(quarantined=(Quarantined("LOR07-3", "personal_data", "Parece un DNI."),))
    day.apply_receipt(receipt(day, 3, standing=aside), answers=True)
    assert day.delivery("LOR07-3") is Delivery.QUARANTINED
    assert day.status()["quarantined"] == 1
    assert day.get("LOR07-3").values["note"] == "Vuelve mañana"  # type: ignore[union-attr] - it stays mine
    day.apply_receipt(receipt(day, 3, at=NOW + 1), answers=True)
    assert day.delivery("LOR07-3") is Delivery.QUARANTINED  # told nothing new: as it was
    day.apply_receipt(receipt(day, 3, standing=Standing(), at=NOW + 2), answers=True)
    assert day.delivery("LOR07-3") is Delivery.RECEIVED


def test_names_come_with_the_roster(day: Laptop) -> None:
    roster = (Person("P014", "Rosa Quispe", "orientador", "B01"),)
    assert day.person_names == {}
    day.apply_receipt(receipt(day, 0, standing=Standing(roster=roster)))
    assert day.person_names == {"P014": "Rosa Quispe"}


def test_the_same_receipt_twice_is_the_same_as_once(day: Laptop) -> None:
    brought = receipt(
        day, 3, theirs(1, SESSION | {"visit": "LOR07-1"}), theirs(2, {"duration_s": 5}, "LOR07-2", ("LOR07-2",))
    )
    assert len(day.apply_receipt(brought, answers=True).changes) == 2
    once = replace(day.sync_state, clock_skew_ms=0), day.list("session"), day.conflicts(), day.counters("LOR07-1")
    assert day.apply_receipt(brought).changes == [], "as a stick brings it once more"
    assert (
        replace(day.sync_state, clock_skew_ms=0),
        day.list("session"),
        day.conflicts(),
        day.counters("LOR07-1"),
    ) == once
    assert day.counters("LOR07-1").total == 3


def test_old_receipts_from_a_stick_bring_their_changes_and_move_nothing_back(day: Laptop) -> None:
    old = receipt(day, 1, theirs(1, SESSION), have=4, at=NOW - 5 * DAY, standing=Standing(state="frozen"))
    new = receipt(day, 3, have=9, at=NOW, standing=Standing())
    day.apply_receipt(new, answers=True)
    state = day.apply_receipt(old).state
    assert (state.received_upto, state.have, state.last_receipt_at) == (3, 9, NOW)
    assert day.standing == Standing()
    assert day.get("LOR08-1") is not None


def test_any_order_of_receipts_ends_in_the_same_records(home: Path, tmp_path: Path) -> None:
    seed = random.randrange(10**9)
    changes = [
        theirs(1, SESSION),
        theirs(2, {"duration_s": 5}, "LOR08-1", ("LOR08-1",)),
        theirs(3, {"void": True}, "LOR08-1", ("LOR08-1",)),
    ]
    seen = []
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        for change in changes:
            laptop.apply_receipt(receipt(laptop, 0, change))
        seen.append((laptop.get("LOR08-1"), laptop.conflicts()))
        shuffled = random.Random(seed).sample(changes * 2, 6)
        with laptop._database.writer() as connection:
            connection.exec_driver_sql("DELETE FROM change")
            connection.exec_driver_sql("DELETE FROM record_session")
            connection.exec_driver_sql("DELETE FROM conflict")
        for change in shuffled:
            laptop.apply_receipt(receipt(laptop, 0, change))
        seen.append((laptop.get("LOR08-1"), laptop.conflicts()))
    assert seen[0] == seen[1], f"seed {seed}"
    assert seen[0][1]


def test_a_receipt_that_begins_after_what_was_pulled_leaves_no_hole(day: Laptop) -> None:
    state = day.apply_receipt(receipt(day, 0, since=50, have=60)).state
    assert state.have == 0
    assert day.apply_receipt(receipt(day, 0, since=0, have=60)).state.have == 60


def test_an_office_that_lost_its_last_days_gets_them_again(day: Laptop) -> None:
    day.apply_receipt(receipt(day, 3, have=60), answers=True)
    state = day.apply_receipt(receipt(day, 1, have=40, at=NOW + 1), answers=True).state
    assert (state.received_upto, state.have) == (1, 40)
    assert [link.change.seq for link in day.links_since(state.received_upto)] == [2, 3]


@pytest.mark.parametrize(
    ("head", "code"), [(Head(2, "ab" * 32), "fork"), (Head(9, "ab" * 32), "restored"), (Head(3, GENESIS), "fork")]
)
def test_other_changes_under_our_code_stop_the_sync_and_alter_nothing(day: Laptop, head: Head, code: str) -> None:
    good = receipt(day, 3, theirs(1, SESSION), have=9)
    before = day.sync_state
    with pytest.raises(Damaged) as caught:
        day.apply_receipt(replace(good, header=replace(good.header, head=head)), answers=True)
    assert caught.value.code == code
    assert day.sync_state == before
    assert day.get("LOR08-1") is None


def test_the_skew_is_measured_when_the_office_answers(home: Path) -> None:
    with Laptop.unlock(home, PASSPHRASE, now_ms=lambda: NOW + 20 * 365 * DAY) as laptop:
        assert laptop.apply_receipt(receipt(laptop, 0)).state.clock_skew_ms is None
        assert laptop.apply_receipt(receipt(laptop, 0), answers=True).state.clock_skew_ms == 20 * 365 * DAY
        assert laptop.status()["clock_skew_ms"] == 20 * 365 * DAY
        assert laptop.head == START


# -- forgetting


class Clock:
    """The laptop's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def closed_day(home: Path, clock: Clock) -> Laptop:
    """A closed visit with two own sessions and one of LOR08, and an open one: LOR07-1 and LOR07-5."""
    laptop = Laptop.unlock(home, PASSPHRASE, now_ms=clock)
    visit = laptop.open_visit(PLACE)
    laptop.add("session", {**SESSION, "note": "centinela uno"})
    ref = laptop.add("session", SESSION)
    laptop.amend(ref, {"note": "centinela dos"}, "faltaba")
    laptop.close_visit()
    other = {**SESSION, "visit": visit, "note": "centinela tres"}
    laptop.apply_receipt(receipt(laptop, 5, theirs(1, other), standing=Standing(retention_d=7)), answers=True)
    laptop.open_visit(PLACE)
    laptop.add("session", SESSION)
    return laptop


def test_a_visit_is_forgotten_after_its_retention_and_its_numbers_stay(home: Path, clock: Clock) -> None:
    with closed_day(home, clock) as laptop:
        before = laptop.counters("LOR07-1")
        head = laptop.head
        clock.now += 7 * DAY - 1
        assert laptop.forget() == []
        clock.now += 1
        assert laptop.forget() == ["LOR07-1"]
        assert laptop.get("LOR07-1") is None
        assert [item.record for item in laptop.list("session")] == ["LOR07-7"]
        assert laptop.history("LOR07-3") == []
        (past,) = laptop.past_visits()
        assert (past.visit, past.place, past.counters) == ("LOR07-1", "Nauta", before)
        assert (past.opened_at, past.closed_at, before.total) == (NOW, NOW, 3)
        assert laptop.head == head
        assert laptop.forget() == []
    with Laptop.unlock(home, PASSPHRASE, now_ms=clock) as laptop:  # the chain closes over the hashes
        assert laptop.head == head
        laptop.add("session", SESSION)
        late = theirs(2, {"note": "centinela tardío"}, "LOR08-1", ("LOR08-1",))
        laptop.apply_receipt(receipt(laptop, 7, late), answers=True)
        assert laptop.get("LOR08-1") is None
        assert laptop.history("LOR08-1") == []


def test_many_visits_are_forgotten_a_few_in_each_transaction(
    home: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    with Laptop.unlock(home, PASSPHRASE, now_ms=clock) as laptop:
        visits = []
        for _visit in range(5):
            visits.append(laptop.open_visit(PLACE))
            laptop.add("session", SESSION)
            laptop.close_visit()
        laptop.apply_receipt(receipt(laptop, laptop.head.seq, standing=Standing(retention_d=7)), answers=True)
        clock.now += 7 * DAY
        assert laptop.forget() == visits
        assert [past.visit for past in laptop.past_visits()] == visits[::-1]


@pytest.mark.parametrize("hold", ["open", "pending", "quarantined", "conflict", "clock back"])
def test_what_is_not_settled_is_not_forgotten(home: Path, clock: Clock, hold: str) -> None:
    with closed_day(home, clock) as laptop:
        match hold:
            case "open":
                laptop.amend("LOR07-1", {"closed_at": None}, "seguimos")
                laptop.apply_receipt(receipt(laptop, laptop.head.seq), answers=True)
            case "pending":
                laptop.amend("LOR07-2", {"duration_s": 9}, "se corrige")
            case "quarantined":
                aside = Standing(quarantined=(Quarantined("LOR07-4", "schema", "No se entiende."),))
                laptop.apply_receipt(receipt(laptop, 5, standing=aside, at=NOW + 1), answers=True)
            case "conflict":
                change = theirs(2, {"note": "centinela cuatro"}, "LOR07-3", ("LOR07-3",))
                laptop.apply_receipt(receipt(laptop, 7, change), answers=True)
        clock.now += -30 * DAY if hold == "clock back" else 30 * DAY
        assert laptop.forget() == []
        assert laptop.get("LOR07-2") is not None


def test_the_retention_counts_from_the_receipt_that_covered_the_last_change(home: Path, clock: Clock) -> None:
    with closed_day(home, clock) as laptop:
        laptop.amend("LOR07-2", {"duration_s": 9}, "se corrige")
        clock.now += 6 * DAY
        laptop.apply_receipt(receipt(laptop, 8, at=clock.now), answers=True)
        clock.now += 3 * DAY
        assert laptop.forget() == []
        clock.now += 4 * DAY
        assert laptop.forget() == ["LOR07-1"]


def test_a_visit_of_others_that_arrives_late_is_not_forgotten_at_once(home: Path, clock: Clock) -> None:
    with closed_day(home, clock) as laptop:
        clock.now += 20 * DAY
        visit = {"brigade": "B01", **PLACE, "opened_at": NOW - 30 * DAY, "closed_at": NOW - 29 * DAY}
        laptop.apply_receipt(receipt(laptop, 7, theirs(2, visit, kind="visit"), at=clock.now), answers=True)
        assert laptop.get("LOR08-2") is not None
        assert laptop.get("LOR07-1") is None
        clock.now += 7 * DAY
        assert laptop.forget() == ["LOR08-2"]


def test_what_was_forgotten_is_on_no_page(home: Path, clock: Clock) -> None:
    from tests.store.test_database import deciphered

    with closed_day(home, clock) as laptop:
        laptop._database.checkpoint()
        assert b"centinela" in deciphered(laptop._database)
        clock.now += 8 * DAY
        laptop.forget()
        assert (home / "log.db-wal").read_bytes() == b""
        assert b"centinela" not in deciphered(laptop._database)
