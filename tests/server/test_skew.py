"""Laptops and offices of different versions: what both understand travels, the rest is kept until the upgrade.

The later program is this one with one more version, kind, field and choice, put in place while it acts.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import MetaData

from itinerant.domain.fields import Choice, Field, Kind, Type
from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.log import change
from itinerant.log.chain import Link
from itinerant.log.change import Draft, seal
from itinerant.store.laptop import Laptop
from itinerant.sync import engine, envelope, parcel, receipt
from itinerant.sync.engine import Exchange
from itinerant.sync.keys import DeviceKeys
from itinerant.tables import record_table
from server import records
from server.exchange import checks, quarantine
from server.exchange.answer import answer
from server.exchange.contacts import Question
from server.exchange.handling import handle
from server.exchange.recheck import Rechecked, recheck
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.laptops.enrolment import enrol
from server.main import main
from server.office import Office
from server.tables import RECORDS, InvitationRow, _about, table
from tests.properties import template
from tests.server import looking
from tests.server.conftest import Clock
from tests.server.laptop import SESSION, FakeLaptop

VECTORS = Path(__file__).parent.parent / "vectors"
SURVEY = Kind("survey", "Encuesta", "Encuestas", (Field("answer", Type.CODE, "Respuesta", required=True),))
LATER_SESSION = replace(
    KINDS["session"],
    fields=(
        *(
            replace(item, choices=(*item.choices, Choice("by_video", "Por video"))) if item.name == "channel" else item
            for item in KINDS["session"].fields
        ),
        Field("queue_s", Type.INTEGER, "Cola", unit="s"),
    ),
)


@pytest.fixture
def upgraded(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Office]]:
    """Ends the office's process and starts the later program on the same folder."""
    opened: list[Office] = []

    def upgrade() -> Office:
        monkeypatch.setattr(envelope, "VERSION", 2)
        for module in (change, checks):
            monkeypatch.setattr(module, "VERSION", 2)
        for kind in (SURVEY, LATER_SESSION):
            monkeypatch.setitem(KINDS, kind.name, kind)  # type: ignore[arg-type] # read-only to others
            monkeypatch.setitem(RECORDS, kind.name, record_table(kind, MetaData(), *_about()))  # type: ignore[arg-type]
        records._cells.cache_clear()
        opened.append(Office.open(office.folder, now_ms=office.now_ms))
        return opened[-1]

    yield upgrade
    records._cells.cache_clear()
    for one in opened:
        one.close()


def amendment(laptop: FakeLaptop, ref: str) -> None:
    laptop.write(values={"duration_s": 60}, record=ref, base=(ref,), why="se corrige")


def test_what_a_later_laptop_writes_is_taken_up_after_the_upgrade(
    office: Office, laptop: FakeLaptop, upgraded: Callable[[], Office]
) -> None:
    laptop.write("survey", {"answer": "yes"})
    laptop.write(values={**SESSION, "queue_s": 30})
    amendment(laptop, "LOR07-2")
    laptop.write(values={**SESSION, "channel": "by_video"})
    laptop.write()
    assert laptop.sync().header.head == laptop.head, "all of it counts as received"
    assert looking.reasons(office) == [("LOR07-1", "unknown_kind"), ("LOR07-2", "schema"), ("LOR07-4", "schema")]
    assert list(looking.records(office)) == ["LOR07-5"], "a correction alone is no record"

    assert recheck(office) == Rechecked(released=0, parcels=0, waiting=3), "the same program sees the same"
    later = upgraded()
    assert recheck(later) == Rechecked(released=3, parcels=0, waiting=0)
    assert recheck(later) == Rechecked(released=0, parcels=0, waiting=0)
    assert looking.records(later, "survey")["LOR07-1"]["answer"] == "yes"
    session = looking.records(later)["LOR07-2"]
    assert (session["queue_s"], session["duration_s"]) == (30, 60)
    assert looking.records(later)["LOR07-4"]["channel"] == "by_video"
    told = laptop.take(handle(later, laptop.parcel())).standing
    assert told is not None
    assert not told.quarantined
    looking.assert_sound(later)


def test_a_change_of_a_later_version_is_taken_up_too(
    office: Office, laptop: FakeLaptop, upgraded: Callable[[], Office]
) -> None:
    made = seal(Draft("session", dict(SESSION)), device="LOR07", seq=1, prev=laptop.head.hash, by="P014", at=1)
    laptop.links.append(Link.of(replace(made, v=2)))
    laptop.sync()
    assert looking.reasons(office) == [("LOR07-1", "future_version")]
    later = upgraded()
    assert recheck(later).released == 1
    assert list(looking.records(later)) == ["LOR07-1"]


def test_an_upgrade_decides_nothing_that_a_person_must(
    office: Office, laptop: FakeLaptop, upgraded: Callable[[], Office]
) -> None:
    laptop.write(values={**SESSION, "note": "DNI 45678912"})
    laptop.write("survey", {"answer": "yes"})
    laptop.write("survey", {"answer": "sí, 45678912"})
    laptop.sync()
    fleet.revoke(office, "LOR07", "robada", by="admin")
    laptop.write("survey", {"answer": "no"})
    handle(office, laptop.parcel())
    later = upgraded()
    assert recheck(later).released == 1
    assert list(looking.records(later, "survey")) == ["LOR07-2"]
    assert looking.reasons(later) == [
        ("LOR07-1", "personal_data"), ("LOR07-3", "schema"), ("LOR07-4", "revoked")
    ]  # fmt: skip


def test_what_somebody_left_out_stays_out(office: Office, laptop: FakeLaptop, upgraded: Callable[[], Office]) -> None:
    laptop.write("survey", {"answer": "yes"})
    laptop.sync()
    quarantine.discard(office, 1, "prueba", by="admin")
    later = upgraded()
    assert recheck(later) == Rechecked(0, 0, 0)
    assert not looking.records(later, "survey")


def test_a_release_that_does_not_fit_is_refused_in_words(office: Office, laptop: FakeLaptop) -> None:
    """It waits already: it must not be put aside a second time."""
    laptop.write(values={**SESSION, "note": "DNI 45678912"})
    laptop.write("ally", {"note": "DNI 45678912"}, record="LOR07-3", base=("LOR07-3",))
    laptop.write()
    laptop.sync()
    waiting = [item for item in looking.quarantine(office) if item["change"] == "LOR07-2"]
    with pytest.raises(UserError):
        quarantine.release(office, waiting[0]["item"], "revisado", by="admin")


# -- parcels of a later version


@contextmanager
def speaking(version: int) -> Iterator[None]:
    """The program of that version acts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(envelope, "VERSION", version)
        yield


def test_a_parcel_of_a_later_version_is_taken_up_after_the_upgrade(
    office: Office, laptop: FakeLaptop, upgraded: Callable[[], Office]
) -> None:
    laptop.write()
    laptop.write("survey", {"answer": "yes"})
    with speaking(2):
        data = laptop.parcel()
    handle(office, data)
    assert recheck(office) == Rechecked(0, 0, 1)
    later = upgraded()
    assert recheck(later) == Rechecked(0, 1, 0)
    assert list(looking.records(later)) == ["LOR07-1"]
    assert list(looking.records(later, "survey")) == ["LOR07-2"]
    assert not looking.quarantine(later)
    receipt = laptop.take(handle(later, laptop.parcel()))
    assert receipt.header.head == laptop.head
    looking.assert_sound(later)


class Road:
    """Carries parcels of the laptop to an office that has another version of the program."""

    def __init__(self, office: Office, version: int) -> None:
        self.office = office
        self.version = version
        self.sent: list[int] = []
        self.answered: list[int] = []

    def exchange(self, data: bytes, *, timeout_s: float) -> Exchange:
        assert timeout_s
        with speaking(self.version):
            got = handle(self.office, data)
        self.sent.append(envelope.read(data, envelope.PARCEL).version)
        self.answered.append(envelope.read(got, envelope.RECEIPT).version)
        return Exchange(got, len(data), len(got))

    def resume(self, data: bytes, *, timeout_s: float) -> None:
        """It is never cut."""


@pytest.fixture
def real(office: Office, tmp_path: Path) -> Iterator[Laptop]:
    """A laptop with an encrypted home, enrolled at the office."""
    with template.eased():
        template.enrol_laptop(office, tmp_path / "home", "LOR09", "B01")
        with Laptop.unlock(tmp_path / "home", template.PASSPHRASES["P014"], "P014") as laptop:
            laptop.open_visit({"ubigeo": "160301", "place": "Nauta"})
            yield laptop


def test_a_later_laptop_learns_how_the_office_reads_and_tells_it_all(real: Laptop, office: Office) -> None:
    road = Road(office, 1)
    real.sync_state = replace(real.sync_state, office_reads=0)  # the enrolment's answer would have told it
    with speaking(2):
        report = engine.sync(real, road)
        assert (report.sent, report.pending) == (1, 0)
        assert (road.sent, road.answered) == ([2, 1], [1, 1]), "once as it writes, then as the office reads"
        assert real.standing is not None
        assert not real.standing.quarantined, "it arrived after all: nothing of it waits"
        engine.sync(real, road)
        assert road.sent[2:] == [1], "it remembers"
        road.version = 2  # the office was brought up to date
        engine.sync(real, road)
        engine.sync(real, road)
    assert road.sent[3:] == [1, 2]
    assert road.answered[3:] == [1, 2], "each parcel is answered in its own form"
    assert list(looking.records(office, "visit")) == ["LOR09-1"]


def test_an_earlier_laptop_is_answered_in_its_own_form(real: Laptop, office: Office) -> None:
    road = Road(office, 2)
    report = engine.sync(real, road)
    assert (report.sent, report.pending, road.sent, road.answered) == (1, 0, [1], [1])
    assert real.sync_state.office_reads == 2
    assert engine.sync(real, road).rounds == 1


def test_a_parcel_by_stick_is_answered_later_in_the_form_that_it_had(office: Office, laptop: FakeLaptop) -> None:
    laptop.write()
    sealed = envelope.read(laptop.parcel(), envelope.PARCEL)
    handle(office, laptop.parcel())
    with speaking(2):
        again = answer(office, "LOR07", Question(sealed.ref, version=1))
    assert receipt.peek(again)[1].reads == 2
    assert receipt.peek(again)[1].version == 1


# -- what was written once is read for as long as its version is


@pytest.fixture
def office_of_the_vectors(tmp_path: Path, clock: Clock) -> Iterator[tuple[Office, DeviceKeys]]:
    """An office with the keys of the vectors, where their laptop has enrolled by its own request of then."""
    kept = json.loads((VECTORS / "keys-and-log.json").read_text())
    laptop, own = (DeviceKeys.from_bytes(bytes.fromhex(kept[name])) for name in ("laptop", "office"))
    keys = replace(OfficeKeys.generate(), sign=own.sign, seal=own.seal)
    office = Office.create(tmp_path / "then", Settings("Oficina", "test.example/then"), keys, now_ms=clock)
    fleet.add_brigade(office, "B01", "Brigada del Napo", by="admin")
    fleet.add_staff(office, "P014", brigade="B01", role="orientador", name="Rosa Tapullima", by="admin")
    fleet.invite(office, "LOR07", "B01", by="admin")
    invitation = table(InvitationRow)
    with office.database.writer() as connection:
        connection.execute(invitation.update().values(token_hash=fleet.token_hash("a-token")))
    enrol(office, bytes.fromhex(json.loads((VECTORS / "envelopes-1.json").read_text())["enrolment"]))
    yield office, laptop
    office.close()


def test_parcels_of_version_1_are_taken_in_and_answered(office_of_the_vectors: tuple[Office, DeviceKeys]) -> None:
    office, laptop = office_of_the_vectors
    kept = json.loads((VECTORS / "envelopes-1.json").read_text())
    for name in ("parcel", "idle_parcel"):
        got = receipt.peek(handle(office, bytes.fromhex(kept[name])))
        answered = receipt.unpack(got[1], office.keys.sign_public, laptop.seal, "LOR07")
        assert (answered.header.head.seq, got[1].version) == (4, 1)
    looking.assert_sound(office)


def test_a_day_of_version_1_becomes_the_same_records(office_of_the_vectors: tuple[Office, DeviceKeys]) -> None:
    office, laptop = office_of_the_vectors
    kept = json.loads((VECTORS / "day-1.json").read_text())
    data = base64.b64decode(kept["parcel"])
    assert parcel.peek(data)[0].head.hash == kept["head"]
    got = receipt.peek(handle(office, data))
    answered = receipt.unpack(got[1], office.keys.sign_public, laptop.seal, "LOR07")
    assert (answered.header.head.seq, answered.header.head.hash) == (kept["changes"], kept["head"])
    sessions = looking.records(office)
    assert (len(sessions), sum(bool(one["void"]) for one in sessions.values())) == (60, 1)
    assert sessions["LOR07-5"]["void"]
    assert looking.records(office, "visit")["LOR07-1"]["closed_at"]
    assert not looking.quarantine(office)
    looking.assert_sound(office)


def test_a_command_looks_again_and_so_does_the_service_when_it_starts(
    office: Office, laptop: FakeLaptop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "VERSION", 0)  # an older program than everybody's
    for _time in range(2):
        laptop.write()
        laptop.sync()
    assert looking.reasons(office) == [("LOR07-1", "future_version"), ("LOR07-2", "future_version")]
    command = ("--home", str(office.folder), "--json")
    assert main([*command, "quarantine", "recheck"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "released": 0, "parcels": 0, "waiting": 2}
    monkeypatch.setattr(checks, "VERSION", 1)
    monkeypatch.setattr(uvicorn.Server, "run", lambda _server, sockets: None)
    assert main([*command, "serve", "--port", "0"]) == 0
    assert list(looking.records(office)) == ["LOR07-1", "LOR07-2"]
