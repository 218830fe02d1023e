"""What a laptop is told of the others of its brigade: keys to believe and to seal, and what the office leaves out."""

from __future__ import annotations

from sqlalchemy import select

from itinerant.sync import keys
from itinerant.sync.standing import Peer, SetAside, Standing
from server.exchange import quarantine
from server.laptops import fleet
from server.office import Office
from server.tables import QuarantineRow, table
from tests.server.laptop import SESSION, FakeLaptop, enrolled, invite

PERSONAL = {**SESSION, "note": "llamar al 987654321"}


def told(laptop: FakeLaptop) -> Standing:
    """What the office says of the laptop now, whole."""
    laptop.standing = ""
    standing = laptop.sync().standing
    assert standing is not None
    return standing


def peer(laptop: FakeLaptop, state: str = "enrolled") -> Peer:
    public = laptop.keys.public
    return Peer(laptop.device, keys.encode(public.sign), keys.encode(public.seal), state)


def waiting(office: Office) -> list[int]:
    rows = table(QuarantineRow)
    with office.database.reader() as connection:
        return list(connection.execute(select(rows.c.id).where(rows.c.decision == "").order_by(rows.c.seq)).scalars())


def test_the_enrolled_laptops_of_the_brigade_are_told_with_their_keys(office: Office, laptop: FakeLaptop) -> None:
    other, elsewhere = enrolled(office, "LOR08"), enrolled(office, "PUN01", "B02")
    invite(office, "LOR09")  # it was never enrolled: it has no keys
    assert list(told(laptop).peers) == [peer(other)]
    assert list(told(other).peers) == [peer(laptop)]
    assert told(elsewhere).peers == ()


def test_what_is_set_aside_is_told_as_runs_until_it_is_released(office: Office, laptop: FakeLaptop) -> None:
    other = enrolled(office, "LOR08")
    for values in (SESSION, PERSONAL, PERSONAL, SESSION, PERSONAL, SESSION):
        laptop.write(values=values)
    laptop.sync()
    assert list(told(other).aside) == [SetAside("LOR07", 2, 3), SetAside("LOR07", 5, 5)]
    assert told(laptop).aside == (), "of its own changes it is told by reference, with the reason"
    quarantine.release(office, waiting(office)[0], "es el número de la oficina", by="admin")
    quarantine.discard(office, waiting(office)[0], "no corresponde", by="admin")
    standing = told(other)
    assert list(standing.aside) == [SetAside("LOR07", 3, 3), SetAside("LOR07", 5, 5)]
    assert "LOR07-2" in [change.ref for change in other.seen], "once released it comes like any other"


def test_of_two_logs_under_one_code_the_one_in_the_ledger_counts(office: Office, laptop: FakeLaptop) -> None:
    other = enrolled(office, "LOR08")
    laptop.write()
    laptop.sync()
    twin = laptop.copy()
    for each, note in ((laptop, "aquí"), (twin, "allá")):
        each.write(values={**SESSION, "note": note})
        each.write(values={**SESSION, "note": note})
    laptop.sync()
    twin.sync()
    laptop.write()
    laptop.sync()
    standing = told(other)
    assert list(standing.aside) == [SetAside("LOR07", 4, 4)], "2 and 3 are in the ledger, from the first laptop"
    assert [one.state for one in standing.peers] == ["frozen"]


def test_a_laptop_that_is_gone_learns_of_no_other(office: Office, laptop: FakeLaptop) -> None:
    enrolled(office, "LOR08")
    fleet.revoke(office, "LOR07", "se extravió", lost=True, by="admin")
    assert told(laptop).peers == ()
