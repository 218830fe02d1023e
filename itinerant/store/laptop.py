"""The unlocked laptop: the one object that commands, screen and sync ask.

* It holds the home's lock from `unlock` to `close`; both are cheap beside the passphrase.
* Every method may be called from any thread. What writes returns after the commit, never before.
* Nothing here knows a screen or a network.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from itinerant.domain.fields import VOID, Value
from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.log.chain import Head, Link
from itinerant.log.change import Change, Draft, order
from itinerant.log.merge import Conflict
from itinerant.paths import Home
from itinerant.store import doctor, opening, retention, views
from itinerant.store.access.accesses import Accesses
from itinerant.store.disk import meta
from itinerant.store.disk.meta import SyncState
from itinerant.store.disk.shapes import StoredRecord
from itinerant.store.doctor import Check
from itinerant.store.drafts import Drafts
from itinerant.store.identity import Identity
from itinerant.store.office import inbox, office_keys
from itinerant.store.office.mailbox import Mailbox
from itinerant.store.office.notices import Notices
from itinerant.store.office.peers import Peers
from itinerant.store.office.rejoin import Rejoining
from itinerant.store.office.tries import Tries
from itinerant.store.office.witness import Witness
from itinerant.store.opening import Opened
from itinerant.store.reading import catalogue, records, visits
from itinerant.store.reading.catalogue import Catalogue
from itinerant.store.reading.disputes import Disputes
from itinerant.store.reading.duplicates import Duplicates
from itinerant.store.reading.finder import Finder
from itinerant.store.reading.summaries import Summaries
from itinerant.store.reading.visits import Counters
from itinerant.sync.receipt import Receipt
from itinerant.sync.standing import Standing
from itinerant.texts import _


def wall_clock() -> int:
    """The laptop's clock in ms since 1970 UTC: recorded, never trusted."""
    return time.time_ns() // 1_000_000


class Delivery(StrEnum):
    """Where an own change is: here only, covered by a verified receipt, or set aside by the office."""

    PENDING = "pending"
    RECEIVED = "received"
    QUARANTINED = "quarantined"


class Laptop:
    """An unlocked home. Make one with `create` or `unlock`; `close` it, or use it as a context manager."""

    def __init__(self, opened: Opened, now_ms: Callable[[], int]) -> None:
        self._opened = opened
        self._database = opened.database
        self._journal = opened.journal
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._catalogue: Catalogue | None = None
        self._finder = Finder(self._database)
        self.home, self.person = opened.home, opened.person
        self.identity = opened.identity
        self.past = opened.past
        self.rejoining = Rejoining(opened)
        self.drafts = Drafts(self._database, now_ms)
        self.accesses = Accesses(opened)
        self.summaries = Summaries(self._database)
        self.peers = Peers(opened, self._refresh, now_ms)
        self.disputes = Disputes(opened, self.write)
        self.duplicates = Duplicates(opened, self.write)
        self.notices = Notices(opened)
        self.witness = Witness(opened, now_ms)
        self.tries = Tries(opened, now_ms)
        self.mailbox = Mailbox(opened)

    @classmethod
    def create(
        cls,
        home: Path,
        *,
        identity: Identity,
        person: str,
        passphrase: str,
        now_ms: Callable[[], int] = wall_clock,
    ) -> Self:
        """Make a home for a newly enrolled laptop and unlock it for `person`.

        Raises `UserError` for a weak passphrase or a home that is in use already, `StoreProblem` for the disk.
        """
        return cls(opening.create(Home(home), identity, person, passphrase, now_ms()), now_ms)

    @classmethod
    def unlock(
        cls,
        home: Path,
        passphrase: str,
        person: str | None = None,
        *,
        reading_only: bool = False,
        now_ms: Callable[[], int] = wall_clock,
    ) -> Self:
        """Open a home. `reading_only` leaves the chain unchecked and refuses to write: for a damaged log.

        Raises `Locked` (wrong passphrase), `Damaged` (slots, pages or chain), `StoreProblem` (in use, no access).
        """
        return cls(opening.unlock(Home(home), passphrase, person, now_ms(), reading_only=reading_only), now_ms)

    @staticmethod
    def people_of(home: Path) -> list[str]:
        """The codes of those who can unlock a home; empty for a folder without a laptop in it."""
        return opening.people(Home(home))

    # -- who

    @property
    def device(self) -> str:
        """This laptop's code."""
        return self.identity.device

    @property
    def brigade(self) -> str:
        """The brigade it belongs to."""
        return self.identity.brigade

    def people(self) -> list[str]:
        """The codes of those who have a slot here."""
        return self._opened.vault.people()

    @property
    def person_names(self) -> dict[str, str]:
        """Names by code, as the office's roster says; people who are not in it have none."""
        standing = self.standing
        return {person.code: person.name for person in standing.roster} if standing else {}

    # -- writing

    def write(self, drafts: Sequence[Draft]) -> list[Link]:
        """Make drafts durable, all or none, and return them with their place in the log."""
        self._opened.allow_writing()
        links = self._journal.append(drafts, by=self.person, at=self._now_ms())
        if links:
            self._opened.epoch.write(links[-1].head)
        self._refresh(link.change for link in links)
        return links

    def add(self, kind: str, values: Mapping[str, Value]) -> str:
        """Make a record and return its number; a session without `visit` goes to the open one."""
        given = {name: value for name, value in values.items() if value is not None}
        if kind == "session" and "visit" not in given:
            given["visit"] = self._open_visit().record
        return self._one(Draft(kind=kind, set=given))

    def amend(self, record: str, values: Mapping[str, Value], why: str) -> str:
        """Alter fields of a record and return the change's number. Raises `UserError` when nothing would change."""
        return self._one(Draft(kind="", set=dict(values), record=record, why=_reason(why)))

    def void(self, record: str, why: str) -> str:
        """Annul a record, with a reason; it stays in the log and can be brought back the same way."""
        return self._one(Draft(kind="", set={VOID: True}, record=record, why=_reason(why)))

    def resolve(self, record: str, field: str, value: Value, why: str) -> str:
        """Settle a conflict with one of its values or another, with a reason; the others stay in the history."""
        return self.disputes.resolve(record, field, value, why)

    def _one(self, draft: Draft) -> str:
        (link,) = self.write([draft])
        return link.change.ref

    # -- visits

    def open_visit(self, values: Mapping[str, Value]) -> str:
        """Open the brigade's visit and return its number. Raises `UserError` while another one is open."""
        now = self.current_visit()
        if now is not None:
            raise UserError(
                _("Ya hay una jornada abierta: {ref}.").format(ref=now.record),
                next_step=_("Ciérrela antes de abrir otra."),
                code="visit_open",
            )
        return self.add("visit", {"opened_at": self._now_ms(), **values, "brigade": self.brigade})

    def close_visit(self, record: str = "", at: int | None = None) -> str:
        """Close a visit (the open one by default) at `at` (ms, now by default); the change's number."""
        record = record or self._open_visit().record
        return self._one(Draft(kind="", set={"closed_at": self._now_ms() if at is None else at}, record=record))

    def current_visit(self) -> StoredRecord | None:
        """The brigade's open visit, or None."""
        with self._database.reader() as connection:
            return visits.current(connection, self.brigade)

    def counters(self, visit: str) -> Counters:
        """What a visit's sessions come to."""
        return self._finder.tallies.count(visit)

    def _open_visit(self) -> StoredRecord:
        visit = self.current_visit()
        if visit is None:
            raise UserError(
                _("No hay una jornada abierta."),
                next_step=_("Abra la jornada de hoy y vuelva a guardar."),
                place="visit",
                code="no_visit",
            )
        return visit

    # -- reading

    def get(self, ref: str) -> StoredRecord | None:
        """The record of that number, or None."""
        with self._database.reader() as connection:
            return records.get(connection, ref)

    def list(
        self,
        kind: str,
        *,
        where: Mapping[str, Value] | None = None,
        text: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[StoredRecord]:
        """A page of records, latest first: those after the one whose `n` is `before`.

        `where` asks for equal values by field; `text` for words, wherever they are, that a person typed.
        """
        if kind not in KINDS:
            raise UserError(_("No existe la clase «{kind}».").format(kind=kind), place="kind", code="unknown_kind")
        if text.strip():
            named = self.services.codes_by_word(text) if "service" in KINDS[kind].by_name else {}
            return self._finder.page(kind, text, services=named, where=where or {}, before=before, limit=limit)
        with self._database.reader() as connection:
            return records.page(connection, kind, where=where or {}, before=before, limit=limit)

    def history(self, ref: str) -> Sequence[Change]:
        """The changes of a record, each after what it was based on."""
        return self._journal.history(ref)

    def conflicts(self, ref: str = "") -> Sequence[Conflict]:
        """The open conflicts, of one record or of all."""
        return self.disputes.open(ref)

    @property
    def services(self) -> Catalogue:
        """The catalogue, as it is searched; made again when a change touches it."""
        with self._lock:
            if self._catalogue is None:
                with self._database.reader() as connection:
                    self._catalogue = catalogue.load(connection)
            return self._catalogue

    def _refresh(self, changes: Iterable[Change], altered: Iterable[str] = ()) -> None:
        """Let go of what is held in memory and these changes made old; `altered`: kinds to be read again whole."""
        seen = {(change.kind, change.creates) for change in changes}
        if not {"service", "entity"}.isdisjoint({kind for kind, _creates in seen}.union(altered)):
            with self._lock:
                self._catalogue = None
        for kind in {kind for kind, creates in seen if not creates}.union(altered):
            self._finder.altered(kind)

    # -- sync

    @property
    def head(self) -> Head:
        """The last change of this laptop's own log."""
        return self._journal.head

    @property
    def sync_state(self) -> SyncState:
        """How far it has synced."""
        with self._database.reader() as connection:
            return meta.load_sync(connection)

    @sync_state.setter
    def sync_state(self, state: SyncState) -> None:
        with self._database.writer() as connection:
            meta.save_sync(connection, state)

    def links_since(self, seq: int, limit: int = 1_000) -> Sequence[Link]:
        """Up to `limit` own changes after number `seq`."""
        return self.rejoining.within(self._journal.since(seq, limit))

    def head_at(self, seq: int) -> Head | None:
        """The head of the own log when it ended at `seq`; None when it never came that far."""
        return self._journal.head_at(seq)

    @property
    def standing(self) -> Standing | None:
        """What the office told last about this laptop (roster, quarantine, state …); None when it never did."""
        with self._database.reader() as connection:
            return meta.load_standing(connection)

    def apply_receipt(self, receipt: Receipt, *, answers: bool = False) -> inbox.Applied:
        """Keep what a verified receipt brings, in one transaction; twice is the same as once.

        `answers`: it answers the parcel of this very exchange, so its clock and cursors are of now. Raises `Damaged`
        (code `fork` or `restored`) when the office has other changes under this laptop's code.
        """
        self._opened.allow_writing()
        inbox.check(receipt, self.head_at(receipt.header.head.seq))
        with self._database.writer() as connection:
            applied = inbox.apply(connection, self._journal, receipt, self._now_ms(), answers=answers)
            self.witness.take(connection, receipt, answers=answers)
            self.identity = self._opened.identity = office_keys.follow(connection, self.identity)
        if answers:
            self.past = self._opened.reassure()
        self._refresh(applied.changes, applied.altered)
        self.forget()
        return applied

    def forget(self) -> Sequence[str]:
        """Erase the visits whose retention has passed and return their numbers; their counters stay."""
        self._opened.allow_writing()
        gone = retention.forget(self._database, self._journal, self._now_ms())
        if gone:
            self._database.pack()
            for kind in KINDS:
                self._finder.altered(kind)
        return gone

    def past_visits(self) -> Sequence[retention.PastVisit]:
        """What stays of the visits that were forgotten, latest first."""
        with self._database.reader() as connection:
            return retention.past(connection)

    def delivery(self, ref: str) -> Delivery:
        """Where one of this laptop's own changes is."""
        if self.notices.is_aside(ref):
            return Delivery.QUARANTINED
        return Delivery.RECEIVED if order(ref)[1] <= self.sync_state.received_upto else Delivery.PENDING

    def status(self) -> dict[str, Any]:
        """What `itinerant status --json` prints."""
        state, standing = self.sync_state, self.standing
        return {
            "device": self.device,
            "epoch": self.identity.epoch,
            "past": self.past.value,
            "head": {"seq": self.head.seq, "hash": self.head.hash},
            "pending": self.head.seq - state.received_upto,
            "received_upto": state.received_upto,
            "quarantined": len(standing.quarantined) if standing else 0,
            "conflicts": self.disputes.count(),
            "notices": self.notices.count_new(),
            "last_receipt_at": state.last_receipt_at,
            "next_try_at": state.next_try_at,
            "clock_skew_ms": state.clock_skew_ms,
            "bytes_per_s": state.bytes_per_s or None,
            "last_error": state.last_error or None,
            "ledger": self.witness.as_dict(),
        }

    # -- health

    def examine(self) -> Sequence[Check]:
        """Look at file, log, tables, clock and disk; nothing is altered."""
        return doctor.examine(self.home, self._database, self._journal, self.past)

    def rebuild(self) -> int:
        """Make the record tables anew from the log; how many records there are."""
        self._opened.allow_writing()
        with self._database.writer() as connection:
            count = views.rebuild(connection)
        for kind in KINDS:
            self._finder.altered(kind)
        return count

    # -- the end

    def close(self) -> None:
        """Empty the write-ahead log, close the file, wipe the key, free the home."""
        self._opened.close()

    lock = close
    """Locking is closing: nothing readable stays; the screen unlocks a new one."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _reason(why: str) -> str:
    if not why.strip():
        raise UserError(_("Diga el motivo."), place="why", code="required")
    return why
