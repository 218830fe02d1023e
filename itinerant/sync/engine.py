"""The sync: what travels next, until there is nothing left to send or to fetch.

* A round is one parcel and its receipt. Idle, one round is all. What a receipt covers is sent; nothing else is.
* The office's word on what it has is taken as it is: an office restored from a backup is sent what it lost.
* A round that brings neither side forward ends the sync: the rest stays pending, with the reason the office gave.
* However it ends, the laptop keeps what it came to in words, and the bytes of all tries.
* No I/O here: the transport and the clock are given.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from itinerant.errors import Damaged, ItinerantError, NoConnection
from itinerant.log.chain import Link
from itinerant.store.office.tries import DONE, STOPPED, Try
from itinerant.sync import envelope, parcel, receipt, retry
from itinerant.sync.pace import Pace
from itinerant.sync.parcel import MAX_ROOM, ParcelHeader
from itinerant.sync.receipt import Receipt
from itinerant.sync.retry import Stopped
from itinerant.sync.rotation import FIRST
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.disk.meta import SyncState
    from itinerant.store.laptop import Laptop


_MEASURABLE_SHARE = 0.25
"""Less than this of an exchange says nothing of the link's speed."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer, and what it cost: bytes with all their headers, seconds."""

    data: bytes
    bytes_up: int
    bytes_down: int


class Cut(NoConnection):
    """The exchange began and broke off, or took too long: it can be carried on with.

    `crossed`: bytes of the parcel and its receipt that are known to have crossed; more of them each time is progress.
    """

    crossed = 0


class Transport(Protocol):
    """Carries one parcel to the office and its receipt back; raises `NoConnection`, `Refused`, `Damaged`, whose `spent`
    says what it cost, and `Stopped` when it can be cancelled on the way and was."""

    def exchange(self, data: bytes, *, timeout_s: float) -> Exchange: ...

    def resume(self, data: bytes, *, timeout_s: float) -> Exchange | None:
        """Carry on with the exchange that ended in `Cut`; None when nothing of it crossed."""
        ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall clock (ms since 1970), stopwatch (s) and waiting (s)."""

    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync did. `sent`, `received`, `pending`: changes; bytes with all headers, those of tries that failed
    too; `stopped`: by a person."""

    sent: int = 0
    received: int = 0
    pending: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    rounds: int = 0
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would travel: changes, bytes of their parcels, and seconds at the last speed (None: never measured).

    `sessions`: how many of the changes are attentions, new ones.
    """

    changes: int
    size: int
    seconds: float | None
    sessions: int = 0


def _nobody(_sent: int, _total: int) -> None:
    """Progress that nobody watches."""


def _never() -> bool:
    return False


def sync(
    laptop: Laptop,
    transport: Transport,
    *,
    once: bool = False,
    progress: Callable[[int, int], None] = _nobody,
    cancelled: Callable[[], bool] = _never,
    clock: Clock = Clock(),
    automatic: bool = False,
) -> SyncReport:
    """Send what is pending and fetch what is new; `once` does one round only.

    `progress(sent, total)` is told changes that a receipt covers. Raises `NoConnection` once retries are used up (what
    was sent stays sent, and the laptop knows when to try next), `Refused`, `Damaged`. `automatic`: nobody asked for it.
    """
    state = laptop.sync_state
    pace = Pace.remembered(state.parcel_size, state.bytes_per_s)
    run = _Run(laptop, transport, clock, pace, cancelled, automatic)
    total = laptop.head.seq - state.received_upto
    progress(0, total)
    attempt = retry.retrying(clock.sleep, cancelled)
    try:
        while True:
            more = attempt(run.round)
            progress(run.report.sent, max(total, run.report.sent))
            if once or not more:
                return run.finished()
            if cancelled():
                return run.finished(stopped=True)
    except Stopped:
        return run.finished(stopped=True)
    except ItinerantError as error:
        run.failed(error)
        raise


class _Run:
    """One sync under way: its pace, what it did so far, and the parcel that a cut left half-way."""

    def __init__(
        self,
        laptop: Laptop,
        transport: Transport,
        clock: Clock,
        pace: Pace,
        cancelled: Callable[[], bool],
        automatic: bool,
    ) -> None:
        self.report = SyncReport()
        self._automatic = automatic
        self._began = clock.now_ms()
        self._cancelled = cancelled
        self._half_way = b""
        self._crossed = 0
        self._laptop = laptop
        self._transport = transport
        self._clock = clock
        self._pace = pace

    def round(self) -> bool:
        """One parcel and its receipt; whether another round has something to do."""
        while True:
            try:
                data, got = self._carry_on() or self._begin()
                self._spend(got.bytes_up, got.bytes_down)
            except (ItinerantError, Stopped) as error:
                self._spend(*error.spent)
                if not isinstance(error, Cut):
                    raise
                if error.crossed <= self._crossed:
                    raise
                self._crossed = error.crossed  # the link moves on, however often it breaks: so does the sync
                if self._cancelled():
                    raise Stopped from error
            else:
                return self._apply(read_answer(self._laptop, data, got.data))

    def _carry_on(self) -> tuple[bytes, Exchange] | None:
        """The exchange that was cut, carried to its end; None when there is none to carry on with."""
        data = self._half_way
        if not data:
            return None
        started = self._clock.monotonic()
        got = self._transport.resume(data, timeout_s=self._pace.timeout_s(len(data)))
        self._half_way = b""
        if got is None:
            self._pace = self._pace.after_failure()
            return None
        whole = len(data) + len(got.data)
        share = max(0, whole - self._crossed) / whole  # of the exchange, what came after the cut
        seconds = (self._clock.monotonic() - started) / share if share > _MEASURABLE_SHARE else 0
        self._pace = self._pace.after_success(len(data), len(got.data), seconds)
        return data, got

    def _begin(self) -> tuple[bytes, Exchange]:
        """The exchange of a new parcel."""
        data, self._pace = next_parcel(self._laptop, self._pace, self._clock.now_ms())
        started = self._clock.monotonic()
        try:
            got = self._transport.exchange(data, timeout_s=self._pace.timeout_s(len(data)))
        except Cut:
            self._half_way, self._crossed = data, 0
            raise
        self._pace = self._pace.after_success(len(data), len(got.data), self._clock.monotonic() - started)
        return data, got

    def _spend(self, up: int, down: int) -> None:
        report = self.report
        self.report = replace(report, bytes_up=report.bytes_up + up, bytes_down=report.bytes_down + down)

    def _apply(self, answered: Receipt) -> bool:
        before = self._laptop.sync_state
        after = self._laptop.apply_receipt(answered, answers=True).state
        self._remember(after)
        report = self.report
        self.report = replace(
            report,
            sent=report.sent + max(0, after.received_upto - before.received_upto),
            received=report.received + len(answered.changes),
            rounds=report.rounds + 1,
        )
        moved = (
            after.received_upto != before.received_upto
            or after.have > before.have
            or _version(after) < _version(before)  # kept for later, as it was written: once more, as the office reads
        )
        rewound = after.have < answered.header.have  # the office was put back to a copy: once more, from there
        return rewound or (moved and (answered.more or after.received_upto < self._laptop.head.seq))

    def finished(self, *, stopped: bool = False) -> SyncReport:
        """The report, with what is still pending."""
        pending = self._laptop.head.seq - self._laptop.sync_state.received_upto
        self._log(STOPPED if stopped else DONE)
        return replace(self.report, pending=pending, stopped=stopped)

    def _log(self, code: str, error: ItinerantError | None = None) -> None:
        report = self.report
        entry = Try(
            self._began,
            self._clock.now_ms(),
            code,
            sent=report.sent,
            received=report.received,
            bytes_up=report.bytes_up,
            bytes_down=report.bytes_down,
            automatic=self._automatic,
        )
        if error is not None:
            entry = replace(entry, sentence=error.sentence, safe=error.safe, next_step=error.next_step)
        self._laptop.tries.add(entry)

    def failed(self, error: ItinerantError) -> None:
        """Remember what went wrong and when to try next."""
        self._log(error.code, error)
        state = self._laptop.sync_state
        asked = error.retry_after if isinstance(error, NoConnection) else None
        later_ms = int(retry.later_s(state.attempts, asked) * 1_000)
        self._remember(
            replace(
                state,
                last_error=error.sentence,
                attempts=state.attempts + 1,
                next_try_at=self._clock.now_ms() + later_ms if isinstance(error, NoConnection) else None,
            )
        )

    def _remember(self, state: SyncState) -> None:
        """Keep the state with what the link carried lately, when that is not what is known already."""
        known = replace(state, parcel_size=self._pace.size, bytes_per_s=self._pace.bytes_per_s)
        if known != self._laptop.sync_state:
            self._laptop.sync_state = known


def next_parcel(laptop: Laptop, pace: Pace, now_ms: int) -> tuple[bytes, Pace]:
    """The next parcel, of about `pace.size` bytes, idle when nothing is pending; and the pace, now better informed."""
    state = laptop.sync_state
    with_rest = pace.changes * 5 // 4
    links = laptop.links_since(state.received_upto, with_rest)
    if len(links) == with_rest:  # a smaller rest travels along: it weighs less than a round trip
        links = links[: pace.changes]
    while True:
        data = make_parcel(laptop, state.received_upto, links, now_ms, room=pace.size)
        pace = pace.weighed(len(links), len(data))
        if len(links) <= 1 or not pace.is_too_large(len(data)):
            return data, pace
        links = links[: min(pace.changes, len(links) * 3 // 4)]


def make_parcel(laptop: Laptop, since: int, links: Sequence[Link], now_ms: int, *, room: int = MAX_ROOM) -> bytes:
    """A parcel of own changes that follow number `since`. `now_ms`: the laptop's clock."""
    before, standing, office = laptop.head_at(since), laptop.standing, laptop.identity.office
    assert before is not None, "a receipt is kept only for a head that this log had"
    header = ParcelHeader(
        sender=laptop.device,
        before=before,
        head=links[-1].head if links else before,
        have=laptop.sync_state.have,
        at=now_ms,
        standing=standing.digest if standing else "",
        room=room,
        epoch=laptop.identity.epoch,
        testimony=laptop.witness.testimony(travels=bool(links)),
        went_back=laptop.past == "restored",
        keys=office.number if office.number > FIRST else 0,
    )
    identity = laptop.identity
    changes = [link.change for link in links]
    version = _version(laptop.sync_state)
    return parcel.pack(header, changes, identity.keys.sign, identity.office.seal_key, version=version)


def _version(state: SyncState) -> int:
    """The form in which the office reads parcels: ours, or an older one while the office is behind."""
    return min(envelope.VERSION, state.office_reads or envelope.VERSION)


FORMER_KEY = "former_key"


def read_receipt(laptop: Laptop, data: bytes) -> Receipt:
    """Verify a receipt for this laptop: signature of its office, seal, recipient. Raises `Damaged`, with code
    `former_key` for one that a key signed which the office has changed since."""
    identity = laptop.identity
    _header, sealed = receipt.peek(data)
    if any(sealed.is_signed(key) for key in identity.office.former):
        raise Damaged(
            _("La constancia es de antes de que la oficina cambiara su llave de firma."),
            safe=_("No se cambió nada; lo anotado sigue guardado aquí."),
            next_step=_("Escriba otro envío en la memoria y llévelo a la oficina, o sincronice."),
            place=sealed.recipient,
            code=FORMER_KEY,
        )
    return receipt.unpack(sealed, identity.office.sign_key, identity.keys.seal, laptop.device)


def read_answer(laptop: Laptop, sent: bytes, data: bytes) -> Receipt:
    """`read_receipt`, for the answer to what was `sent` just now. Raises `Damaged` for the answer to anything else."""
    answered = read_receipt(laptop, data)
    if answered.header.re != envelope.name(sent):
        raise Damaged(
            _("La constancia responde a otro envío."),
            safe=_("No se cambió nada."),
            next_step=_("Intente de nuevo; si se repite, pruebe con otra red."),
            place=answered.header.re,
            code="answer",
        )
    return answered


def forecast(laptop: Laptop, now_ms: int) -> Forecast:
    """What a sync would send now, by making the parcels without sending them."""
    state = laptop.sync_state
    pace = Pace.remembered(state.parcel_size, state.bytes_per_s)
    since, size, count, sessions = state.received_upto, 0, 0, 0
    while True:
        links = laptop.links_since(since, pace.changes)
        data = make_parcel(laptop, since, links, now_ms)
        pace = pace.weighed(len(links), len(data))
        size, count = size + len(data), count + len(links)
        sessions += sum(link.change.creates and link.change.kind == "session" for link in links)
        if not links or since + len(links) == laptop.head.seq:
            return Forecast(count, size, pace.seconds(size), sessions)
        since += len(links)
