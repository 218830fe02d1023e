"""The whole other side of the screens, in memory: a laptop with a log, its opener, the sync and the clocks.

It stores real changes and merges them with the product's own rules, so that what a screen shows is what the store
would answer. `gate` holds writes back, to look at a screen while something is being saved.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from itinerant.domain import duplicates
from itinerant.domain.duplicates import Attention
from itinerant.domain.fields import Value
from itinerant.domain.kinds import KINDS
from itinerant.domain.lookup import fold
from itinerant.domain.summary import Summary, summarise
from itinerant.errors import ItinerantError, Locked
from itinerant.log.change import GENESIS, Change, Draft, seal
from itinerant.log.merge import Conflict, Decision, before, decisions, history, merge
from tests.screens.fake_stick import FakeStick

PASSPHRASE = "cuatro palabras de ejemplo"
MORNING = 1_795_440_120_000  # 23/11/2026 08:22 in Peru


class Clock:
    """Both clocks of the laptop, moved by hand."""

    def __init__(self, now_ms: int = MORNING) -> None:
        self.ms = now_ms
        self.s = 1_000.0

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.s

    def pass_seconds(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)
        self.s += seconds


@dataclass(frozen=True)
class Row:
    record: str
    kind: str
    values: Mapping[str, Value]
    void: bool
    made_by: str
    heads: tuple[str, ...]
    conflicts: int
    n: int


@dataclass(frozen=True)
class Counters:
    total: int
    seconds: int
    by_outcome: Mapping[str, int]
    by_service: Mapping[str, int]


@dataclass(frozen=True)
class Service:
    code: str
    name: str
    entity: str
    record: Row


@dataclass(frozen=True)
class SavedDraft:
    values: Mapping[str, Any]
    at: int


@dataclass
class Quarantined:
    ref: str
    sentence: str


@dataclass
class Standing:
    state: str = "enrolled"
    quarantined: list[Quarantined] = field(default_factory=list)


@dataclass
class Drafts:
    clock: Clock
    kept: dict[str, SavedDraft] = field(default_factory=dict)
    saves: int = 0
    fails: ItinerantError | None = None

    def save(self, key: str, values: Mapping[str, Any]) -> None:
        if self.fails:
            raise self.fails
        self.saves += 1
        self.kept[key] = SavedDraft(dict(values), self.clock.now_ms())

    def load(self, key: str) -> SavedDraft | None:
        return self.kept.get(key)

    def discard(self, key: str) -> None:
        self.kept.pop(key, None)


class Services:
    def __init__(self, rows: Sequence[Row]) -> None:
        self.all = [Service(str(r.values["code"]), str(r.values["name"]), str(r.values["entity"]), r) for r in rows]

    def get(self, code: str) -> Service | None:
        return next((one for one in self.all if one.code == code), None)

    def frequent(self, limit: int = 9) -> list[Service]:
        marked = [one for one in self.all if one.record.values.get("frequent")]
        return sorted(marked, key=lambda one: int(str(one.record.values["frequent"])))[:limit]

    def search(self, query: str, limit: int = 20) -> list[Service]:
        words = fold(query).split()
        return [
            one
            for one in self.all
            if all(w in fold(f"{one.entity} {one.name} {one.record.values.get('keywords') or ''}") for w in words)
        ][:limit]


@dataclass(frozen=True)
class Access:
    code: str
    name: str
    role: str
    departed: bool
    me: bool
    card: bool = False


class Accesses:
    """Slots in memory. `kept` are codes with their passphrases; `step` runs inside what takes a moment."""

    def __init__(self, laptop: FakeLaptop) -> None:
        self._laptop = laptop
        self.kept = {"P014": PASSPHRASE, "P015": PASSPHRASE}
        self.departed: set[str] = set()
        self.cards: dict[str, bytes] = {}
        self.fails: ItinerantError | None = None
        self.step: Callable[[], None] = lambda: None

    def list(self) -> list[Access]:
        names = self._laptop.person_names
        return [
            Access(
                code,
                names.get(code, ""),
                "orientador" if code in names else "",
                code in self.departed,
                me=code == self._laptop.person,
                card=code in self.cards,
            )
            for code in self.kept
        ]

    def add(self, person: str, passphrase: str) -> None:
        self.kept[person] = passphrase

    def change(self, current: str, passphrase: str) -> None:
        if current != self.kept[self._laptop.person]:
            raise Locked("La frase de acceso no corresponde.", next_step="Vuelva a escribirla.")
        self.kept[self._laptop.person] = passphrase

    def check(self, passphrase: str) -> str:
        for person, kept in self.kept.items():
            if kept == passphrase:
                return person
        raise Locked("La frase de acceso no corresponde.", next_step="Vuelva a escribirla.")

    def add_card(self, person: str, _kept: str, key: bytes) -> None:
        self.cards[person] = key

    def remove_card(self, person: str) -> None:
        del self.cards[person]

    def remove(self, person: str) -> None:
        self.step()
        if self.fails:
            raise self.fails
        del self.kept[person]


class Summaries:
    def __init__(self, laptop: FakeLaptop) -> None:
        self.laptop = laptop

    def of(self, visits: Sequence[str]) -> Summary:
        rows = [row for row in self.laptop.list("session", limit=10**6) if row.values["visit"] in visits]
        return summarise((row.values, row.void) for row in rows)


@dataclass(frozen=True)
class Check:
    well: bool
    sentence: str
    next_step: str = ""


@dataclass(frozen=True)
class Notice:
    n: int
    record: str
    at: int
    sentence: str


class Notices:
    """Notices in memory; `fresh` are those that nobody was shown."""

    def __init__(self, laptop: FakeLaptop) -> None:
        self._laptop = laptop
        self.fresh: list[Notice] = []
        self.shown: list[Notice] = []
        self.discarded: list[str] = []

    def bring(self, record: str, sentence: str) -> None:
        self.fresh.append(Notice(len(self.fresh) + len(self.shown), record, MORNING, sentence))

    def list(self) -> list[Notice]:
        return [*self.fresh, *self.shown]

    def take(self) -> list[Notice]:
        taken, self.fresh = self.fresh, []
        self.shown = [*taken, *self.shown]
        return taken

    def aside(self) -> dict[str, str]:
        records = {change.ref: change.record for change in self._laptop.changes}
        waiting = [item.ref for item in self._laptop.standing.quarantined]
        out = {records.get(ref, ref): "discarded" for ref in self.discarded}
        return out | {records.get(ref, ref): "quarantined" for ref in waiting}


class Disputes:
    """What was decided, by the product's own rule."""

    def __init__(self, laptop: FakeLaptop) -> None:
        self._laptop = laptop

    def decided(self) -> list[Decision]:
        refs = dict.fromkeys(change.record for change in self._laptop.changes)
        return [one for ref in refs for one in decisions(self._laptop.history(ref))]

    def visit_of(self, ref: str) -> str:
        row = self._laptop.get(ref)
        return str(row.values.get("visit") or "") if row else ""

    def undo(self, record: str, field: str, why: str) -> str:
        (found,) = (one for one in self.decided() if (one.conflict.record, one.conflict.field) == (record, field))
        return self._laptop.amend(record, {field: before(found)}, why)


@dataclass(frozen=True)
class Proposal:
    first: Row
    second: Row
    lost: bool


class Duplicates:
    """Possible duplicates, by the product's own rule."""

    def __init__(self, laptop: FakeLaptop) -> None:
        self._laptop = laptop

    def _attentions(self) -> dict[str, Attention]:
        names = ("visit", "service", "terminal", "started_at", "duration_s", "duplicate_of")
        return {
            row.record: Attention(
                record=row.record,
                by=row.made_by,
                void=row.void,
                distinct_from=tuple(row.values.get("distinct_from") or ()),  # type: ignore[arg-type]
                **{name: row.values.get(name) for name in names},  # type: ignore[arg-type]
            )
            for row in self._laptop.list("session", limit=10**6)
        }

    def list(self) -> list[Proposal]:
        rows = {row.record: row for row in self._laptop.list("session", limit=10**6)}
        return [Proposal(rows[one], rows[two], lost) for one, two, lost in duplicates.find(self._attentions().values())]

    def _write(self, altered: Mapping[str, Mapping[str, Value]], why: str) -> list[str]:
        return [self._laptop.amend(ref, values, why) for ref, values in altered.items()]

    def confirm(self, repeated: str, of: str, why: str) -> Sequence[str]:
        known = self._attentions()
        return self._write(duplicates.confirming(known[repeated], known[of]), why)

    def dismiss(self, one: str, other: str, why: str) -> Sequence[str]:
        known = self._attentions()
        return self._write(duplicates.dismissing(known[one], known[other]), why)


@dataclass(frozen=True)
class Chosen:
    automatic: bool = True
    daily_cap: int = 5_000_000


@dataclass(frozen=True)
class Day:
    total: int = 0


@dataclass(frozen=True)
class Tried:
    at: int
    ended: int
    code: str = ""
    sentence: str = ""
    safe: str = ""
    next_step: str = ""
    sent: int = 0
    received: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    automatic: bool = False
    times: int = 1


@dataclass
class Tries:
    settings: Chosen = Chosen()
    today: Day = Day()
    entries: list[Tried] = field(default_factory=list)

    def latest(self, limit: int = 200) -> list[Tried]:
        return self.entries[:limit]


@dataclass(frozen=True)
class Waiting:
    kind: str
    new: bool
    count: int


class Mailbox:
    def __init__(self, laptop: FakeLaptop) -> None:
        self._laptop = laptop

    def outbox(self, limit: int = 200) -> list[Change]:
        own = [change for change in self._laptop.changes if change.device == self._laptop.device]
        return own[self._laptop.received_upto :][:limit]

    def inbox(self, limit: int = 200) -> list[Change]:
        return [change for change in reversed(self._laptop.changes) if change.device != self._laptop.device][:limit]

    def arrived(self) -> int:
        return len(self.inbox(10**6))

    def waiting(self) -> list[Waiting]:
        found = Counter((change.kind, change.creates) for change in self.outbox(10**6))
        return [Waiting(kind, new, count) for (kind, new), count in found.most_common()]


class FakeLaptop:
    """An unlocked home in memory."""

    device = "LOR07"
    brigade = "B01"

    def __init__(self, clock: Clock, person: str = "P014") -> None:
        self.clock = clock
        self.person = person
        self.person_names = {"P014": "Rosa Quispe", "P015": "Julio Mamani"}
        self.drafts = Drafts(clock)
        self.summaries = Summaries(self)
        self.checks = [Check(True, "El archivo cifrado está completo."), Check(True, "El registro no tiene cortes.")]
        self.accesses = Accesses(self)
        self.changes: list[Change] = []
        self.received_upto = 0
        self.standing = Standing()
        self.tries = Tries()
        self.mailbox = Mailbox(self)
        self.disputes, self.duplicates, self.notices = Disputes(self), Duplicates(self), Notices(self)
        self.state: dict[str, Any] = {}
        self.closed = False
        self.gate = threading.Event()
        self.gate.set()
        self.fails: ItinerantError | None = None
        self.threads: set[str] = set()

    # Writing.

    def receive(self, device: str, draft: Draft, *, by: str = "P015", at: int = MORNING) -> str:
        """A change of somebody else's log."""
        seq = 1 + sum(change.device == device for change in self.changes)
        change = seal(draft, device=device, seq=seq, prev=GENESIS, by=by, at=at)
        self.changes.append(change)
        return change.ref

    def write(self, draft: Draft) -> str:
        self.threads.add(threading.current_thread().name)
        self.gate.wait(10)
        if self.fails:
            raise self.fails
        return self.receive(self.device, draft, by=self.person, at=self.clock.now_ms())

    def add(self, kind: str, values: Mapping[str, Value]) -> str:
        problems = KINDS[kind].problems(values)
        assert not problems, problems
        return self.write(Draft(kind, dict(values)))

    def amend(self, record: str, values: Mapping[str, Value], why: str) -> str:
        row = self.get(record)
        assert row is not None
        return self.write(Draft(row.kind, dict(values), record=record, base=row.heads, why=why))

    def void(self, record: str, why: str) -> str:
        return self.amend(record, {"void": True}, why)

    def resolve(self, record: str, field: str, value: Value, why: str) -> str:
        return self.amend(record, {field: value}, why)

    def open_visit(self, values: Mapping[str, Value]) -> str:
        return self.add("visit", values)

    def close_visit(self, record: str = "", at: int | None = None) -> str:
        return self.amend(record, {"closed_at": at}, "")

    # Reading.

    def _rows(self) -> list[Row]:
        by_record: dict[str, list[Change]] = {}
        for change in self.changes:
            by_record.setdefault(change.record, []).append(change)
        rows = []
        for n, changes in enumerate(by_record.values(), 1):
            made = merge(changes)
            by = changes[0].by
            rows.append(Row(made.ref, made.kind, made.values, made.void, by, made.heads, len(made.conflicts), n))
        return rows

    def get(self, ref: str) -> Row | None:
        return next((row for row in self._rows() if row.record == ref), None)

    def list(
        self,
        kind: str,
        *,
        where: Mapping[str, Value] | None = None,
        text: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> list[Row]:
        wanted = fold(text).split()
        found = [
            row
            for row in reversed(self._rows())
            if row.kind == kind
            and all(row.values.get(name) == value for name, value in (where or {}).items())
            and (before is None or row.n < before)
            and all(word in fold(" ".join(map(str, row.values.values()))) for word in wanted)
        ]
        return found[:limit]

    def current_visit(self) -> Row | None:
        return next((row for row in self.list("visit") if not row.void and not row.values.get("closed_at")), None)

    def counters(self, visit: str) -> Counters:
        rows = [row for row in self.list("session", where={"visit": visit}, limit=10**6) if not row.void]
        by: dict[str, dict[str, int]] = {"outcome": {}, "service": {}}
        for row in rows:
            for name, counts in by.items():
                counts[str(row.values[name])] = counts.get(str(row.values[name]), 0) + 1
        seconds = sum(int(str(row.values["duration_s"])) for row in rows)
        return Counters(len(rows), seconds, by["outcome"], by["service"])

    def history(self, ref: str) -> Sequence[Change]:
        return history(change for change in self.changes if change.record == ref)

    def conflicts(self, ref: str = "") -> list[Conflict]:
        by_record: dict[str, list[Change]] = {}
        for change in self.changes:
            by_record.setdefault(change.record, []).append(change)
        return [one for changes in by_record.values() for one in merge(changes).conflicts if ref in ("", one.record)]

    @property
    def services(self) -> Services:
        return Services(self.list("service", limit=10**6)[::-1])

    @property
    def head(self) -> int:
        return sum(change.device == self.device for change in self.changes)

    def status(self) -> dict[str, Any]:
        return {
            "device": self.device,
            "head": {"seq": self.head, "hash": f"9f2c8a1104bd{self.head:052x}"},
            "pending": self.head - self.received_upto,
            "received_upto": self.received_upto,
            "quarantined": len(self.standing.quarantined),
            "notices": len(self.notices.fresh),
            "conflicts": len(self.conflicts()),
            "last_receipt_at": None,
            "next_try_at": None,
            "clock_skew_ms": None,
            "last_error": None,
            **self.state,
        }

    def examine(self) -> list[Check]:
        return self.checks

    def close(self) -> None:
        self.closed = True


class FakeOpener:
    """A vault with two people and one passphrase. `laptops` are those it has opened."""

    def __init__(self, clock: Clock, fill: Callable[[FakeLaptop], None] = lambda laptop: None) -> None:
        self.clock = clock
        self.fill = fill
        self.laptops: list[FakeLaptop] = []
        self.names = [("P014", ""), ("P015", "")]
        self.home: FakeLaptop | None = None

    def people(self) -> list[tuple[str, str]]:
        return self.names

    def unlock(self, passphrase: str, person: str) -> FakeLaptop:
        if passphrase != PASSPHRASE:
            raise Locked("La frase de acceso no corresponde.", next_step="Vuelva a escribirla.")
        laptop = FakeLaptop(self.clock, person)
        if self.home is None:
            self.fill(laptop)
        else:  # what the disk kept
            laptop.changes, laptop.drafts.kept = self.home.changes, self.home.drafts.kept
        self.home = laptop
        self.laptops.append(laptop)
        return laptop


@dataclass(frozen=True)
class Report:
    sent: int
    received: int
    stopped: bool


@dataclass(frozen=True)
class Step:
    link: str
    wait_s: float
    report: Report | None = None


@dataclass(frozen=True)
class Forecast:
    changes: int
    sessions: int
    size: int
    seconds: float | None


ByItself = Callable[[FakeLaptop, Callable[[int, int], None], Callable[[], bool]], Step]


class FakeSync:
    """An office at the other end: takes one change at a time, as the test lets it."""

    def __init__(self) -> None:
        self.fails: ItinerantError | None = None
        self.step: Callable[[int], None] = lambda done: None
        self.stick = FakeStick()
        self.looks = 0
        self.office_time = False
        self.by_itself: ByItself = lambda _laptop, _progress, _cancelled: Step("", 3_600)

    def automatic(
        self,
        laptop: FakeLaptop,
        *,
        before: Step | None,
        progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> Step:
        self.looks += 1
        return self.by_itself(laptop, progress, cancelled)

    def forecast(self, laptop: FakeLaptop) -> Forecast:
        waiting = laptop.mailbox.outbox(10**6)
        return Forecast(len(waiting), sum(one.kind == "session" for one in waiting), 300 + 20 * len(waiting), 4.2)

    def __call__(
        self,
        laptop: FakeLaptop,
        *,
        progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
        office_time: bool = False,
    ) -> Report:
        self.office_time = office_time
        if self.fails and not office_time:
            raise self.fails
        total = laptop.head - laptop.received_upto
        for done in range(1, total + 1):
            if cancelled():
                return Report(done - 1, 0, True)
            laptop.received_upto += 1
            progress(done, total)
            self.step(done)
        laptop.state |= {"last_receipt_at": laptop.clock.now_ms(), "clock_skew_ms": 4_000}
        return Report(total, 0, False)


SERVICES = (
    ("RENIEC-01", "RENIEC", "Duplicado de DNI", "procedure", 1, "dni perdido"),
    ("RENIEC-02", "RENIEC", "Copia certificada de acta de nacimiento", "procedure", 2, "partida"),
    ("SIS-01", "SIS", "Consulta de afiliación", "consultation", 3, "seguro"),
    ("MIDIS-01", "PENSION65", "Consulta de Pensión 65", "consultation", 4, "adulto mayor bono"),
    ("SUNAT-01", "SUNAT", "Inscripción en el RUC", "procedure", 5, "ruc"),
    ("BN-01", "BN", "Pago de tasas en Págalo.pe", "payment", 6, "tasa voucher"),
    ("PJ-01", "PJ", "Certificado de antecedentes penales", "procedure", 7, "antecedentes"),
    ("MTC-01", "MTC", "Consulta de récord de conductor", "consultation", 8, "brevete"),
    ("ONP-01", "ONP", "Consulta de aportes", "consultation", 9, "jubilación"),
    ("SUNARP-01", "SUNARP", "Búsqueda de índice de propiedades", "consultation", 0, "terreno casa"),
    ("MIGR-01", "MIGRACIONES", "Cita para pasaporte electrónico", "procedure", 0, "pasaporte"),
)


def catalogue(laptop: FakeLaptop) -> None:
    """Services, entities and two stops, as the office sends them."""
    for code, entity, name, access, frequent, keywords in SERVICES:
        values: dict[str, Value] = {"code": code, "entity": entity, "name": name, "access": access}
        values |= {"keywords": keywords, "active": True}
        if frequent:
            values["frequent"] = frequent
        laptop.receive("CENTRAL", Draft("service", values), by="OFI")
    for place, ubigeo, day in (("Nauta", "160301", "2026-11-23"), ("San Regis", "160301", "2026-11-25")):
        values = {"brigade": "B01", "ubigeo": ubigeo, "place": place, "starts_on": day, "capacity": 120}
        laptop.receive("CENTRAL", Draft("stop", values), by="OFI")


def open_day(laptop: FakeLaptop) -> None:
    """The catalogue and an open visit."""
    catalogue(laptop)
    values: dict[str, Value] = {
        "brigade": "B01",
        "ubigeo": "160301",
        "place": "Nauta",
        "terminals": 2,
        "opened_at": MORNING - 1_320_000,
    }
    visit = laptop.open_visit(values)
    check: dict[str, Value] = {"visit": visit, "checked_at": MORNING - 1_320_000, "verdict": "ready"}
    laptop.receive("LOR09", Draft("readiness", check))


OUTCOMES = (("resolved", None), ("resolved", None), ("partial", "missing_document"), ("resolved", None))


def busy_day(laptop: FakeLaptop, sessions: int = 18) -> None:
    """An open visit with sessions."""
    open_day(laptop)
    visit = laptop.current_visit()
    assert visit is not None
    for index in range(sessions):
        outcome, cause = OUTCOMES[index % len(OUTCOMES)]
        values: dict[str, Value] = {
            "service": SERVICES[(index * index) % 7][0],
            "access": "procedure",
            "mode": "assisted",
            "channel": "cabin",
            "segment": "citizen",
            "outcome": outcome,
            "started_at": MORNING - (sessions - index) * 420_000,
            "duration_s": 180 + 37 * (index % 9),
            "language": "quz" if index % 3 else "spa",
            "visit": visit.record,
        }
        if cause:
            values["cause"] = cause
        laptop.add("session", values)
    laptop.received_upto = laptop.head - 5


def logged_twice(laptop: FakeLaptop) -> None:
    """Both laptops of the brigade logged the same attention, by one person."""
    busy_day(laptop, 3)
    row = laptop.get("LOR07-3")
    assert row is not None
    again = {name: value for name, value in row.values.items() if value is not None}
    again["started_at"] = int(str(again["started_at"])) + 60_000
    laptop.receive("LOR08", Draft("session", {**again, "duration_s": 240}), by="P014")


def disputed(laptop: FakeLaptop) -> None:
    """Both laptops of the brigade corrected the same session."""
    busy_day(laptop, 2)
    base = ("LOR07-3",)
    laptop.receive("LOR08", Draft("session", {"outcome": "referred", "cause": "left"}, "LOR07-3", base, "vi otra cosa"))
    mine = {"outcome": "partial", "cause": "no_card"}
    laptop.receive("LOR07", Draft("session", mine, "LOR07-3", base, "corrijo"), by="P014")
