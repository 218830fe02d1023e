"""What this laptop shares with the others of its brigade by stick, with no office in between.

* The office says who they are, with their keys; nobody else is believed. A parcel from one of them is proved by its
  author's signature and chain, whole, before anything of it is kept.
* A parcel from a peer also says how far the peer holds our log: the next one for it begins there. What was forgotten
  here cannot travel any more; the office has it.
* Other bytes under a number that is here: two laptops write under that code. The first stay, nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from itinerant.errors import Damaged
from itinerant.log.chain import START, Head, Link
from itinerant.log.change import GENESIS, Change
from itinerant.store import views
from itinerant.store.disk import meta
from itinerant.store.disk.database import ask
from itinerant.store.office import notices, provisional
from itinerant.store.opening import Opened
from itinerant.sync.parcel import Parcel, ParcelHeader
from itinerant.sync.standing import Peer
from itinerant.texts import _

_PEER = "SELECT own, told, head_seq, head_hash FROM peer WHERE device = ?"
_SAVE = "INSERT OR REPLACE INTO peer (device, own, told, head_seq, head_hash) VALUES (?, ?, ?, ?, ?)"
_HERE = (
    "SELECT seq, hash FROM change WHERE device = ? AND seq BETWEEN ? AND ?"
    " UNION SELECT seq, hash FROM peer_change WHERE device = ? AND seq BETWEEN ? AND ? AND NOT counted"
)
_NUMBERS = "SELECT seq FROM change WHERE device = ? UNION SELECT seq FROM peer_change WHERE device = ? AND NOT counted"
_OWN = "SELECT seq, hash, body FROM change WHERE device = ? AND seq > ? AND body IS NOT NULL ORDER BY seq LIMIT ?"


@dataclass(frozen=True, slots=True)
class Received:
    """What a peer's parcel brought: changes that are new and count, new ones that are kept out of the records, and
    whether the peer holds more of our log than there is here (a copy was restored, or two use this code)."""

    counted: int
    out: int
    ahead: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a peer: how far it said that it holds our log, and the last head that it signed, by stick."""

    told: int = 0
    head: Head = START


class Peers:
    """The other laptops of the brigade, as this one knows them."""

    def __init__(self, opened: Opened, refresh: Callable[[Iterable[Change]], None], now_ms: Callable[[], int]) -> None:
        """`refresh` is told the changes that came, once they are durable. `now_ms`: this laptop's clock."""
        self._now_ms = now_ms
        self._opened = opened
        self._refresh = refresh

    def known(self) -> dict[str, Peer]:
        """The other laptops of the brigade by code, as the office told last."""
        with self._opened.database.reader() as connection:
            standing = meta.load_standing(connection)
        return {peer.code: peer for peer in standing.peers if peer.code != self._own} if standing else {}

    def held(self, code: str) -> int:
        """How far a peer's log is here without a gap, by whatever road it came."""
        with self._opened.database.reader() as connection:
            rule = provisional.Rule(meta.load_standing(connection))
            here = {seq for (seq,) in ask(connection, _NUMBERS, code, code)}
        held = 0
        while held + 1 in here or rule.is_aside(code, held + 1):
            held += 1
        return held

    def missing(self, code: str) -> int:
        """How many own changes the peer may lack and can still be sent."""
        with self._opened.database.reader() as connection:
            bound = self._own, self._load(connection, code).told
            count = "SELECT count(*) FROM change WHERE device = ? AND seq > ? AND body IS NOT NULL"
            ((found,),) = ask(connection, count, *bound)
            return int(found)

    def runs(self, code: str, limit: int) -> Iterator[tuple[Head, Sequence[Link]]]:
        """Own changes that the peer may lack, in runs of at most `limit`, each with the head before it."""
        with self._opened.database.reader() as connection:
            after = self._load(connection, code).told
        while True:
            with self._opened.database.reader() as connection:
                links: list[Link] = []
                for seq, hashed, body in ask(connection, _OWN, self._own, after, limit):
                    if links and seq != links[-1].change.seq + 1:
                        break
                    links.append(Link(views.stored(body), body, hashed.hex()))
            if not links:
                return
            before = self._opened.journal.head_at(links[0].change.seq - 1)
            assert before is not None, "hashes of what was forgotten stay"
            yield before, links
            after = links[-1].change.seq

    def receive(self, parcel: Parcel) -> Received:
        """Keep what a verified parcel of a peer brings, in one transaction; twice is the same as once.

        Raises `Damaged` (code `peer_fork`) when it is of another log than the one that is here under that code.
        """
        self._opened.allow_writing()
        header = parcel.header
        with self._opened.database.writer() as connection:
            known = self._load(connection, header.sender)
            fresh = _fresh(connection, parcel, known)
            rule = provisional.Rule(meta.load_standing(connection))
            kept = provisional.keep(connection, self._opened.journal, fresh, rule)
            notices.note_changes(connection, self._own, kept.counted, self._now_ms())
            notices.note_open(connection, self._own, self._now_ms())
            ((own_seq,),) = ask(connection, "SELECT coalesce(max(seq), 0) FROM change WHERE device = ?", self._own)
            told = max(known.told, min(header.have, own_seq))
            head = max(known.head, header.head, key=lambda each: each.seq)
            if (told, head) != (known.told, known.head):
                row = (header.sender, self._own, told, head.seq, bytes.fromhex(head.hash))
                connection.exec_driver_sql(_SAVE, row)
        self._refresh(kept.counted)
        return Received(len(kept.counted), len(kept.out), header.have > own_seq)

    @property
    def _own(self) -> str:
        return self._opened.identity.device

    def _load(self, connection: Connection, code: str) -> _Known:
        for own, told, head_seq, head_hash in ask(connection, _PEER, code):
            return _Known(told if own == self._own else 0, Head(head_seq, head_hash.hex()))
        return _Known()


def _fresh(connection: Connection, parcel: Parcel, known: _Known) -> list[Change]:
    """The changes of a parcel that are not here. Raises `Damaged` when some are here with other bytes."""
    header = parcel.header
    device = header.sender
    heads = {header.before.seq: header.before.hash} | {link.change.seq: link.hash for link in parcel.links}
    if heads.get(known.head.seq, known.head.hash) != known.head.hash:
        raise _fork(header, known.head.seq)
    bound = device, header.first, header.last
    here = dict(ask(connection, _HERE, *bound, *bound))
    fresh: list[Change] = []
    for link in parcel.links:
        change = replace(link.change, prev=GENESIS)
        stored = here.get(change.seq)
        if stored is None:
            fresh.append(change)
        elif stored != provisional.leaf(change):
            raise _fork(header, change.seq)
    return fresh


def _fork(header: ParcelHeader, seq: int) -> Damaged:
    ref = f"{header.sender}-{seq}"
    return Damaged(
        _("Dos laptops escriben con el código {device}: aquí hay otro cambio {ref}.").format(
            device=header.sender, ref=ref
        ),
        safe=_("Lo que ya estaba aquí no se tocó; de este envío no se tomó nada."),
        next_step=_("Avise a la oficina; lo de la otra laptop sigue en ella."),
        place=ref,
        code="peer_fork",
    )
