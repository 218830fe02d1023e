"""The access log is held by the ledger: who alters the database's copy of it is found out."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from server import inspection
from server.access import access_seals, accesses, accounts, sessions
from server.access.access_seals import EVERY_MS, SETTLED_MS
from server.office import Office
from server.tables import RECORDS, AccessRow, table
from tests.server import looking
from tests.server.conftest import Clock
from tests.server.laptop import enrolled

_access = table(AccessRow)


def verdict(office: Office) -> tuple[bool, str]:
    (check,) = [one for one in inspection.inspect(office) if one.name == "accesses"]
    return check.ok, check.detail


def note(office: Office, count: int = 1) -> None:
    with office.database.writer() as connection:
        for _number in range(count):
            accesses.note(connection, at=office.now_ms(), account="jefe", action="roster.read", subject="*")


@pytest.fixture
def sealed(office: Office, clock: Clock) -> Office:
    """Two seals: over what making the office noted and three readings, and over two more."""
    note(office, 3)
    clock.ms += SETTLED_MS
    assert access_seals.seal_if_due(office)
    clock.ms += EVERY_MS
    note(office, 2)
    clock.ms += SETTLED_MS
    assert access_seals.seal_if_due(office)
    return office


def test_a_day_and_an_hour_pass_between_seals(office: Office, clock: Clock) -> None:
    assert not access_seals.seal_if_due(office)  # everything is of this hour
    clock.ms += SETTLED_MS
    assert access_seals.seal_if_due(office) and not access_seals.seal_if_due(office)
    note(office)
    clock.ms += EVERY_MS - 1
    assert not access_seals.seal_if_due(office)
    clock.ms += 1
    note(office)
    assert access_seals.seal_if_due(office)
    with office.database.reader() as connection:
        last = connection.execute(select(func.max(_access.c.id))).scalar_one()
    (first, second) = looking.records(office, "access_seal").values()
    assert first["until"] < second["until"] == last - 1  # the newest waits for its hour
    assert verdict(office)[0]


def test_whoever_enters_has_it_sealed(office: Office, clock: Clock) -> None:
    accounts.invite(office, "jefe", "manager", "http://oficina.test", by="admin")
    with office.database.reader() as connection:
        account = accounts.find(connection, "jefe")
    assert account is not None
    clock.ms += SETTLED_MS
    sessions.start(office, account)
    assert len(looking.records(office, "access_seal")) == 1


@pytest.mark.parametrize(
    "deed",
    [
        _access.update().where(_access.c.id == 2).values(account="otro"),
        _access.update().where(_access.c.id == 2).values(at=1),
        _access.delete().where(_access.c.id == 2),
        _access.delete(),
        _access.insert().values(id=0, at=1, account="x", action="x", subject="x", why=""),
    ],
    ids=["who", "when", "one gone", "all gone", "one more"],
)
def test_what_was_altered_before_a_seal_is_found(sealed: Office, deed: object) -> None:
    assert verdict(sealed) == (True, "nada se alteró de lo sellado")
    with sealed.database.writer() as connection:
        connection.execute(deed)  # type: ignore[call-overload] # any of the statements above
        connection.execute(RECORDS["access_seal"].delete())  # what is computed from the ledger counts for nothing
    good, where = verdict(sealed)
    assert not good and where.startswith("1–")


def test_the_second_stretch_is_named_when_the_first_holds(sealed: Office) -> None:
    first = min(int(one["until"]) for one in looking.records(sealed, "access_seal").values())
    with sealed.database.writer() as connection:
        connection.execute(_access.update().where(_access.c.id == first + 1).values(subject="P014"))
    assert verdict(sealed) == (False, f"{first + 1}–{first + 2}")


def test_no_laptop_is_sent_the_seals(sealed: Office) -> None:
    laptop = enrolled(sealed)
    laptop.sync()
    assert laptop.seen and not [change for change in laptop.seen if change.kind == "access_seal"]
