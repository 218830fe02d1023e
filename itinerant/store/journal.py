"""The log on disk, and the one commit that earns the word «Guardado».

* Change, record and head are written in one transaction: after a crash either all are there or none.
* What is written was checked first: the kind's rules, the guard, canonical text. A draft that fails leaves nothing.
* This laptop's own changes are a chain, walked from the first to the last when it is unlocked. Changes of others are
  kept once, without chain; the same one arriving twice changes nothing.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from itinerant.domain import guard
from itinerant.domain.fields import Value
from itinerant.domain.kinds import KINDS
from itinerant.errors import Damaged, UserError
from itinerant.log.canonical import leaf_hash
from itinerant.log.chain import START, Head, Link
from itinerant.log.change import GENESIS, Change, Draft, order, seal
from itinerant.log.merge import history
from itinerant.store import views
from itinerant.store.disk.database import Database, ask, do_many
from itinerant.store.reading import records
from itinerant.texts import _

_INSERT = "INSERT INTO change (n, device, seq, amends, hash, body) VALUES (?, ?, ?, ?, ?, ?)"
_PRESENT = (
    "SELECT device, seq FROM json_each(?) AS place CROSS JOIN change"
    " ON device = json_extract(place.value, '$[0]') AND seq = json_extract(place.value, '$[1]')"
)
_AFTER = "SELECT seq, hash, body FROM change WHERE device = ? AND seq > ? ORDER BY seq LIMIT ?"
_WALK = "SELECT seq, hash, body FROM change NOT INDEXED WHERE device = ? ORDER BY n"
_LAST = "SELECT seq, hash FROM change WHERE device = ? ORDER BY seq DESC LIMIT 1"
_LAST_SEQ = "SELECT coalesce(max(seq), 0) FROM change WHERE device = ?"
_LAST_N = (
    "SELECT max(coalesce((SELECT max(n) FROM change), 0),"
    " coalesce((SELECT max(n) FROM peer_change WHERE n IS NOT NULL), 0))"
)
_HASH_AT = "SELECT hash FROM change WHERE device = ? AND seq = ?"


class Own(NamedTuple):
    """One row of this laptop's log; `body` is None once it was forgotten."""

    seq: int
    hash: bytes
    body: bytes | None


class Journal:
    """The log of one laptop (its own chain and the changes of others that concern it)."""

    def __init__(self, database: Database, device: str, *, verify: bool = True) -> None:
        """Check the chain (raises `Damaged` where it breaks), or take the last change as it is."""
        self.database = database
        self.device = device
        if verify:
            self.verify()

    @property
    def head(self) -> Head:
        """The last change of the own log that was committed."""
        with self.database.reader() as connection:
            return _last(connection, self.device)

    def append(self, drafts: Sequence[Draft], *, by: str, at: int) -> list[Link]:
        """Give the drafts their place and make them durable, all or none. `at`: the laptop's clock in ms.

        Raises `UserError` for what a person must correct, `StoreProblem` when the disk does not take it.
        """
        links: list[Link] = []
        written = 0
        with self.database.writer() as connection:
            head = _last(connection, self.device)
            for draft in map(_tidy, drafts):
                if draft.record:  # what it amends may be among those that wait to be written
                    _insert(connection, map(_row, links[written:]))
                    written = len(links)
                checked = _checked(connection, draft)
                change = seal(checked, device=self.device, seq=head.seq + 1, prev=head.hash, by=by, at=at)
                links.append(Link.of(change))
                head = links[-1].head
            _insert(connection, map(_row, links[written:]))
        return links

    def receive(self, connection: Connection, changes: Iterable[Change]) -> list[Change]:
        """Keep changes of other devices, within the caller's transaction; the new ones, in the order given."""
        fresh = {change.ref: change for change in reversed(list(changes)) if change.device != self.device}
        for ref in _known(connection, list(fresh)):
            del fresh[ref]
        arrived = list(reversed(fresh.values()))
        rows: list[_Row] = []
        for change in arrived:
            row = _row(Link.of(replace(change, prev=GENESIS)))
            gone = not change.creates and views.forgotten(connection, change.record)
            rows.append(row._replace(body=None) if gone else row)
        _insert(connection, rows)
        return arrived

    def since(self, seq: int, limit: int) -> list[Link]:
        """Up to `limit` own changes after number `seq`, for a parcel; stops at one that was forgotten."""
        links: list[Link] = []
        with self.database.reader() as connection:
            for _seq, hashed, body in ask(connection, _AFTER, self.device, seq, limit):
                if body is None:
                    break
                links.append(Link(views.stored(body), body, hashed.hex()))
        return links

    def head_at(self, seq: int) -> Head | None:
        """The head of the own log when it ended at `seq`; None when it never came that far."""
        if seq == 0:
            return START
        with self.database.reader() as connection:
            for (hashed,) in ask(connection, _HASH_AT, self.device, seq):
                return Head(seq, hashed.hex())
        return None

    def history(self, ref: str) -> list[Change]:
        """The changes of a record, each after what it was based on."""
        with self.database.reader() as connection:
            return history([item.change for item in views.changes(connection, ref) if item.change is not None])

    def verify(self) -> Head:
        """Walk the own log from its first change to its last. Raises `Damaged` at the first that does not follow.

        The walk reads the table, the last number comes from its index: a page of another day put back in one of them
        does not agree with the other.
        """
        with self.database.reader() as connection:
            head = follow_stored((Own(*row) for row in ask(connection, _WALK, self.device)), self.device)
            ((last,),) = ask(connection, _LAST_SEQ, self.device)
        if head.seq != last:
            raise broken(self.device, min(head.seq, last) + 1)
        return head


def keep(connection: Connection, links: Iterable[Link]) -> None:
    """Write links as they are, within the caller's transaction: they were checked when their author saved them."""
    _insert(connection, map(_row, links))


def follow_stored(rows: Iterable[Own], device: str) -> Head:
    """Walk stored rows and return their head; a forgotten body is vouched for by the change after it.

    The bytes were canonical when they were written and each page of the file is authenticated; so what is looked for
    is a page of another day: a hash that is not of its bytes, a number or a `prev` that does not follow.
    """
    seq, prev = 0, bytes.fromhex(GENESIS)
    for row in rows:
        seq += 1
        if row.seq != seq:
            raise broken(device, seq)
        if row.body is not None and not (
            leaf_hash(row.body) == row.hash and f'"prev":"{prev.hex()}","record":"'.encode() in row.body
        ):
            raise broken(device, seq)
        prev = row.hash
    return Head(seq, prev.hex())


def broken(device: str, seq: int) -> Damaged:
    """The log does not continue at that number."""
    ref = f"{device}-{seq}"
    return Damaged(
        _("El registro se corta: no sigue el cambio {ref}.").format(ref=ref),
        safe=_("Lo anterior está completo y puede leerse; lo recibido por la oficina está a salvo."),
        next_step=_("No siga registrando en esta laptop: ejecute «itinerant doctor» y avise a la oficina."),
        place=ref,
        code="chain",
    )


def _last(connection: Connection, device: str) -> Head:
    for seq, hashed in ask(connection, _LAST, device):
        return Head(seq, hashed.hex())
    return START


class _Row(NamedTuple):
    """A change about to be written; `body` is None where its record was forgotten."""

    change: Change
    hash: bytes
    body: bytes | None


def _row(link: Link) -> _Row:
    return _Row(link.change, bytes.fromhex(link.hash), link.data)


def _insert(connection: Connection, rows: Iterable[_Row]) -> None:
    """Write changes and bring the record tables up to them."""
    ((last,),) = ask(connection, _LAST_N)
    numbered = list(enumerate(rows, start=last + 1))
    bound = [
        (n, change.device, change.seq, "" if change.creates else change.record, hashed, body)
        for n, (change, hashed, body) in numbered
    ]
    do_many(connection, _INSERT, bound)
    views.follow(connection, [(n, row.change) for n, row in numbered])


def _known(connection: Connection, refs: Sequence[str]) -> list[str]:
    """Those of the references whose change is here already."""
    places = json.dumps([order(ref) for ref in refs])
    return [f"{device}-{seq}" for device, seq in ask(connection, _PRESENT, places)]


def _tidy(draft: Draft) -> Draft:
    """The draft with every text in NFC and without spaces at its ends, as canonical bytes and people want it."""
    return replace(draft, set={name: _clean(value) for name, value in draft.set.items()}, why=_nfc(draft.why))


def _clean(value: Value) -> Value:
    if isinstance(value, str):
        return _nfc(value)
    return [_nfc(item) for item in value] if isinstance(value, list) else value


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def _checked(connection: Connection, draft: Draft) -> Draft:
    """The draft as it may be written. Raises `UserError` for what a person must correct."""
    if draft.record:
        return _amendment(connection, draft)
    _check(draft, partial=False)
    return draft


def _amendment(connection: Connection, draft: Draft) -> Draft:
    """The draft with what it really alters and what it was based on."""
    record = records.get(connection, draft.record)
    if record is None:
        raise UserError(_("No existe el registro {ref}.").format(ref=draft.record), place="record", code="no_record")
    known: Mapping[str, Value] = {**record.values, "void": record.void}
    disputed = {one.field for one in records.conflicts(connection, draft.record)} if record.conflicts else set()
    altered = {name: value for name, value in draft.set.items() if name in disputed or known.get(name) != value}
    if not altered:
        raise UserError(_("No hay nada que cambiar."), place="set", code="unchanged")
    draft = replace(draft, kind=record.kind, base=record.heads, set=altered)
    _check(draft, partial=True)
    _check_whole(record.kind, {**record.values, **altered})
    return draft


def _check_whole(kind: str, values: Mapping[str, Value]) -> None:
    """The rules across fields, for a record that an amendment would leave as `values`."""
    present = {name: value for name, value in values.items() if value is not None and name != "void"}
    problems = [one for one in KINDS[kind].problems(present) if one.code == "together"]
    if problems:
        raise UserError(problems[0].sentence, place=problems[0].field, code=problems[0].code)


def _check(draft: Draft, *, partial: bool) -> None:
    kind = KINDS.get(draft.kind)
    if kind is None:
        raise UserError(_("No existe la clase «{kind}».").format(kind=draft.kind), place="kind", code="unknown_kind")
    problems = kind.problems(draft.set, partial=partial)
    if problems:
        raise UserError(problems[0].sentence, place=problems[0].field, code=problems[0].code)
    if draft.why and not guard.clean(draft.why):
        raise UserError(guard.explain(guard.inspect(draft.why)[0]), place="why", code="personal_data")
