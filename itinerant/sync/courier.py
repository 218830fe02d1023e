"""Sync by stick: the same parcels and receipts, carried in a folder; and parcels from laptop to laptop, in one brigade.

* Writing takes nothing away: until a receipt covers them, changes stay pending and may travel again by any road.
* Reading verifies every receipt before the first is applied, then every parcel of a peer before the first is kept; a
  damaged or foreign file never blocks the others. Nothing is removed from the stick: it may be for others too.
* Who carries a stick reads nothing of it: each file is sealed to whom it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from itinerant.domain.people import CENTRAL
from itinerant.errors import Damaged
from itinerant.sync import folder, keys, parcel, receipt
from itinerant.sync.engine import FORMER_KEY, make_parcel, read_receipt
from itinerant.sync.envelope import FutureVersion
from itinerant.sync.pace import MAX_CHANGES
from itinerant.sync.parcel import Parcel, ParcelHeader
from itinerant.sync.receipt import Receipt
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.log.chain import Head, Link
    from itinerant.store.laptop import Laptop
    from itinerant.sync.standing import Peer

GONE = frozenset({"revoked", "lost", "retired"})
"""States of a laptop for which nothing is written."""


@dataclass(frozen=True, slots=True)
class ForPeer:
    """What was written for another laptop of the brigade: its code, and changes that it may lack."""

    device: str
    changes: int


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: files; changes for the office and bytes of all; for whom else; whether a person stopped it."""

    files: Sequence[Path]
    changes: int
    size: int
    peers: Sequence[ForPeer] = ()
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class FromPeer:
    """What another laptop of the brigade brought: changes that were new; new ones that are kept out of the records
    (the office does not count them, or will not); whether it holds more of our log than there is here."""

    device: str
    changes: int
    out: int
    ahead: bool


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: receipts applied, own changes that they newly cover, new changes of others; what
    peers brought; files for others, or of nobody known; what was wrong with the rest; whether a person stopped it."""

    receipts: int = 0
    sent: int = 0
    received: int = 0
    peers: Sequence[FromPeer] = ()
    foreign: int = 0
    damaged: Sequence[Damaged] = field(default=())
    stopped: bool = False


def _nobody(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


def _never() -> bool:
    return False


def write_parcels(
    laptop: Laptop,
    place: Path,
    now_ms: int,
    *,
    progress: Callable[[int, int], None] = _nobody,
    cancelled: Callable[[], bool] = _never,
) -> Written:
    """Write everything that no receipt covers into `place`, and for each peer what it may lack; an idle parcel, which
    asks for news, where there is nothing.

    What an earlier time wrote whole and still says the same is not written again. `now_ms`: the laptop's clock.
    `progress(written, total)` is told changes. Raises `StoreProblem` when the stick does not take it: what was written
    whole stays valid.
    """
    state = laptop.sync_state
    total = laptop.head.seq - state.received_upto
    to_peers = [peer for peer in laptop.peers.known().values() if peer.state not in GONE]
    total += sum(laptop.peers.missing(peer.code) for peer in to_peers)
    folder.prepare(place)
    files: list[Path] = []
    written: dict[str, int] = {}
    size = 0
    progress(0, total)
    there = _own(laptop, place)
    for to, data, changes in _parcels(laptop, to_peers, now_ms):
        if cancelled():
            break
        path = there.get(_said(parcel.peek(data)[0])) or folder.write(place, data, folder.PARCELS)
        files.append(path)
        size += len(data)
        written[to] = written.get(to, 0) + changes
        done = sum(written.values())
        progress(done, max(total, done))
    for_office = written.pop(CENTRAL, 0)
    peers = [ForPeer(device, changes) for device, changes in written.items()]
    return Written(files, for_office, size, peers, stopped=cancelled())


def _own(laptop: Laptop, place: Path) -> dict[ParcelHeader, Path]:
    """The parcels of this laptop that are on a stick already, whole, by what they say."""
    found: dict[ParcelHeader, Path] = {}
    for path, data in folder.read_all(place, folder.PARCELS):
        with suppress(Damaged):
            if isinstance(data, bytes):
                header, sealed = parcel.peek(data)
                if header.sender == laptop.device:
                    sealed.verify(laptop.identity.keys.public.sign)
                    found[_said(header)] = path
    return found


def _said(header: ParcelHeader) -> ParcelHeader:
    """What a parcel says, whenever it was written."""
    return replace(header, at=0)


def _parcels(laptop: Laptop, to_peers: Sequence[Peer], now_ms: int) -> Iterator[tuple[str, bytes, int]]:
    """Whom each parcel is for, its bytes, and how many changes are in it; the office's come first."""
    since, head = laptop.sync_state.received_upto, laptop.head
    while True:
        links = laptop.links_since(since, MAX_CHANGES)
        yield CENTRAL, make_parcel(laptop, since, links, now_ms), len(links)
        since += len(links)
        if not links or since >= head.seq:
            break
    for peer in to_peers:
        idle = True
        for before, links in laptop.peers.runs(peer.code, MAX_CHANGES):
            idle = False
            yield peer.code, _for_peer(laptop, peer, before, links, now_ms), len(links)
        if idle:  # it tells how far the peer's log is here
            yield peer.code, _for_peer(laptop, peer, head, (), now_ms), 0


def _for_peer(laptop: Laptop, peer: Peer, before: Head, links: Sequence[Link], now_ms: int) -> bytes:
    header = ParcelHeader(
        sender=laptop.device,
        to=peer.code,
        before=before,
        head=links[-1].head if links else before,
        have=laptop.peers.held(peer.code),
        at=now_ms,
        epoch=laptop.identity.epoch,
        testimony=laptop.witness.for_peer(),
    )
    seal_key = keys.decode(peer.seal_key, place=peer.code)
    return parcel.pack(header, [link.change for link in links], laptop.identity.keys.sign, seal_key)


def read_stick(
    laptop: Laptop,
    place: Path,
    *,
    progress: Callable[[int, int], None] = _nobody,
    cancelled: Callable[[], bool] = _never,
) -> Read:
    """Apply every receipt for this laptop that `place` holds, oldest first, and then every parcel of a peer.

    `progress(read, total)` is told files; stopped before all receipts are verified, nothing is applied. Raises
    `StoreProblem` when the stick cannot be read, `UserError` when there is too much on it, `Damaged` (`fork`,
    `restored`) when a genuine receipt speaks of another log than ours.
    """
    receipts, parcels = (folder.paths(place, suffix) for suffix in (folder.RECEIPTS, folder.PARCELS))
    reader = _Reader(len(receipts) + len(parcels), progress, cancelled)
    mine = reader.those(receipts, lambda data: _receipt(laptop, data))
    if cancelled():
        return Read(stopped=True)
    before = laptop.sync_state.received_upto
    received = 0
    for one in sorted(mine, key=lambda one: (one.header.have, one.header.head.seq, one.header.at)):
        received += len(laptop.apply_receipt(one).changes)
    # Only now: a receipt may have told who the peers are.
    peers = laptop.peers.known()
    theirs = reader.those(parcels, lambda data: _parcel(laptop, peers, data))
    brought: list[FromPeer] = []
    for each in sorted(theirs, key=lambda each: (each.header.sender, each.header.first)):
        if cancelled():
            break
        try:
            got = laptop.peers.receive(each)
            laptop.witness.hear(each.header.sender, each.header.testimony.seen)
        except Damaged as error:
            reader.damaged.append(error)
        else:
            brought.append(FromPeer(each.header.sender, got.counted, got.out, got.ahead))
    return Read(
        receipts=len(mine),
        sent=max(0, laptop.sync_state.received_upto - before),
        received=received,
        peers=_by_device(brought),
        foreign=reader.foreign,
        damaged=reader.damaged,
        stopped=cancelled(),
    )


_Peeked = TypeVar("_Peeked")
_Verified = TypeVar("_Verified")


class _Foreign(Exception):
    """It is for somebody else, or of nobody that this laptop knows."""


class _Reader:
    """Files of a stick, verified one by one."""

    def __init__(self, total: int, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> None:
        self.foreign = 0
        self.damaged: list[Damaged] = []
        self._total = total
        self._done = 0
        self._progress = progress
        self._cancelled = cancelled

    def those(self, paths: Sequence[Path], verify: Callable[[bytes], _Verified | None]) -> list[_Verified]:
        """What was verified of these files. `verify` answers None for what is not to be counted at all."""
        found: list[_Verified] = []
        for path in paths:
            if self._cancelled():
                break
            try:
                verified = verify(folder.read(path))
            except _Foreign:
                self.foreign += 1
            except Damaged as error:
                error.place = folder.shown(path)
                self.damaged.append(error)
            else:
                if verified is not None:
                    found.append(verified)
            self._done += 1
            self._progress(self._done, self._total)
        return found


def _receipt(laptop: Laptop, data: bytes) -> Receipt | None:
    """The receipt for this laptop; None for one under a former key of the office that would bring nothing new."""
    header, _sealed = _mine(laptop, receipt.peek, data)
    if header.to != laptop.device:
        raise _Foreign
    try:
        return read_receipt(laptop, data)
    except Damaged as error:
        if error.code == FORMER_KEY and header.head.seq <= laptop.sync_state.received_upto:
            return None
        raise


def _mine(laptop: Laptop, peek: Callable[[bytes], _Peeked], data: bytes) -> _Peeked:
    """What `peek` says; of a later version that is for somebody else nothing is to be said here."""
    try:
        return peek(data)
    except FutureVersion as error:
        if error.envelope is not None and error.envelope.recipient != laptop.device:
            raise _Foreign from error
        raise


def _parcel(laptop: Laptop, peers: Mapping[str, Peer], data: bytes) -> Parcel | None:
    """The parcel of a peer for this laptop; None for one that this laptop wrote itself. Raises `Damaged` (code `twin`)
    for one that another laptop wrote with this one's keys: a copy, or this one before an older copy was put back."""
    header, sealed = _mine(laptop, parcel.peek, data)
    if header.sender == laptop.device:
        sealed.verify(laptop.identity.keys.public.sign)
        if laptop.head_at(header.head.seq) != header.head:
            raise _twin(header)
        return None
    peer = peers.get(header.sender)
    if peer is None or header.to != laptop.device:
        raise _Foreign
    return parcel.unpack(sealed, keys.decode(peer.sign_key, place=peer.code), laptop.identity.keys.seal)


def _twin(header: ParcelHeader) -> Damaged:
    ref = f"{header.sender}-{header.last}"
    return Damaged(
        _("Con el código y las llaves de esta laptop se escribió otro cambio {ref}.").format(ref=ref),
        safe=_("Lo anotado aquí sigue aquí, y lo de la otra en ella."),
        next_step=_("Avise a la oficina: hay una copia de esta laptop, o se repuso aquí una copia vieja."),
        code="twin",
    )


def _by_device(brought: Sequence[FromPeer]) -> list[FromPeer]:
    """One line for each laptop."""
    found: dict[str, FromPeer] = {}
    for each in brought:
        before = found.get(each.device, FromPeer(each.device, 0, 0, ahead=False))
        found[each.device] = FromPeer(
            each.device, before.changes + each.changes, before.out + each.out, before.ahead or each.ahead
        )
    return list(found.values())
