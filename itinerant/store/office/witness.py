"""This laptop as a witness of the office's ledger: what it saw once must be the beginning of all that it sees later.

* A checkpoint that continues the last one is kept and cosigned; the cosignature travels with the next parcel.
* One that does not is an *alarm*: both stay, signed by the office, as evidence. Work goes on (nothing is refused,
  nothing is lost), but nothing is cosigned until a person has looked and starts anew, with a reason.
* What a peer saw comes by stick; it is held against the office's next answer like the laptop's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from itinerant.errors import Damaged, UserError
from itinerant.log import notes
from itinerant.log.notes import Checkpoint, Verifier
from itinerant.log.tree import verify_consistency
from itinerant.store.disk import meta
from itinerant.store.opening import Opened
from itinerant.sync import keys
from itinerant.sync.receipt import Receipt
from itinerant.sync.testimony import MAX_ASKED, NOTHING, Testimony
from itinerant.texts import N_, _

DAY_MS = 86_400_000
"""How long an idle laptop goes without asking."""

_NAME = "witness"

SHORTER, REWRITTEN, SPLIT, UNSIGNED, UNPROVED = "shorter", "rewritten", "split", "unsigned", "unproved"

_SENTENCES = {
    SHORTER: N_("El registro de la oficina es más corto que el que esta laptop ya vio: perdió cambios."),
    REWRITTEN: N_("La oficina reescribió su registro: ya no empieza como el que esta laptop vio."),
    SPLIT: N_("La oficina mostró a {device} un registro distinto del que muestra a esta laptop."),
    UNSIGNED: N_("El sello del registro de la oficina no lleva su firma: alguien alteró su base de datos."),
    UNPROVED: N_("La oficina no muestra que su registro continúa el que esta laptop ya vio."),
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """The office's history is not the one that was seen. `known` and `shown`: the two signed checkpoints, as notes;
    `device`: the peer that saw another one; `at`: this laptop's clock, ms."""

    code: str
    known: str
    shown: str
    at: int
    device: str = ""

    @property
    def sentence(self) -> str:
        """What happened."""
        return _(_SENTENCES[self.code]).format(device=self.device)

    @property
    def next_step(self) -> str:
        """What to do about it."""
        return _(
            "Siga registrando: nada se perdió. Avise al responsable y pida a la oficina una explicación por escrito; "
            "«itinerant witness show» da los dos sellos como prueba."
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """An alarm that a person looked at: who, when (ms), why."""

    alarm: Alarm
    by: str
    at: int
    why: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept. `note`: the last checkpoint that was verified, as the office signed it; empty before the first.

    `at`: when (ms); `cosignature` (base64url) of it while no answer told that the office has it. `heard`: checkpoints
    that peers saw, by device, until the office proves them.
    """

    note: str = ""
    at: int = 0
    cosignature: str = ""
    heard: Mapping[str, str] = field(default_factory=dict)
    alarm: Alarm | None = None
    settled: tuple[Settled, ...] = ()


class Witness:
    """What this laptop saw of the office's ledger."""

    def __init__(self, opened: Opened, now_ms: Callable[[], int]) -> None:
        self._opened = opened
        self._now_ms = now_ms

    @property
    def seen(self) -> Seen:
        """What is kept now."""
        with self._opened.database.reader() as connection:
            return load(connection)

    @property
    def alarm(self) -> Alarm | None:
        """What is wrong with the office's history; None when nothing is known to be."""
        return self.seen.alarm

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint that was verified; None before the first."""
        return _checkpoint(self.seen.note)

    def as_dict(self) -> dict[str, Any]:
        """For `status`: leaves of the ledger that were verified, when (ms), and the alarm's code and words or null."""
        seen = self.seen
        alarm, words = (seen.alarm.code, seen.alarm.sentence) if seen.alarm else (None, None)
        return {"size": _size(seen.note), "at": seen.at or None, "alarm": alarm, "sentence": words}

    def testimony(self, *, travels: bool) -> Testimony:
        """What the next parcel for the office says and asks. `travels`: changes are in it; else it asks once a day."""
        seen = self.seen
        size = _size(seen.note)
        heard = sorted({_size(note) for note in seen.heard.values()} - {size})
        asks = (size, *heard)[:MAX_ASKED] if travels or heard or abs(self._now_ms() - seen.at) >= DAY_MS else ()
        if not seen.cosignature:
            return Testimony(asks) if asks else NOTHING
        return Testimony(asks, size, keys.decode(seen.cosignature, notes.COSIGNATURE_SIZE))

    def for_peer(self) -> Testimony:
        """What a parcel for a peer says: the checkpoint that was verified last."""
        return Testimony(seen=self.seen.note)

    def hear(self, device: str, note: str) -> None:
        """Take the checkpoint that a peer saw, from a verified parcel. One not signed by the office is left."""
        theirs = self._read(note) if note else None
        if theirs is None:
            return
        with self._opened.database.writer() as connection:
            seen = load(connection)
            mine = _checkpoint(seen.note)
            if mine is not None and mine.size == theirs.size:
                if mine != theirs:
                    self._save(connection, self._alarmed(seen, SPLIT, seen.note, note, device))
            elif device in seen.heard or len(seen.heard) < MAX_ASKED - 1:
                self._save(connection, replace(seen, heard={**seen.heard, device: note}))

    def take(self, connection: Connection, receipt: Receipt, *, answers: bool) -> None:
        """Hold what a verified receipt shows against what was seen. `answers`: it answers the parcel just sent."""
        seen = load(connection)
        after = self._judge(seen, receipt, answers=answers)
        if answers and after.cosignature == seen.cosignature:
            after = replace(after, cosignature="")  # it travelled with that parcel
        if after != seen:
            self._save(connection, after)

    def start_anew(self, why: str) -> None:
        """Settle the alarm: from the next answer on another history is watched. Evidence and reason stay here."""
        if not why.strip():
            raise UserError(_("Diga el motivo."), place="why", code="required")
        with self._opened.database.writer() as connection:
            seen = load(connection)
            if seen.alarm is None:
                raise UserError(_("No hay ninguna alarma sobre el registro de la oficina."), code="no_alarm")
            settled = Settled(seen.alarm, self._opened.person, self._now_ms(), why.strip())
            self._save(connection, Seen(settled=(*seen.settled, settled)))

    def _judge(self, seen: Seen, receipt: Receipt, *, answers: bool) -> Seen:
        if receipt.checkpoint is None:
            return seen
        note = receipt.checkpoint.note(self._office)
        shown = self._read(note)
        mine = _checkpoint(seen.note)
        if shown is None:
            return self._alarmed(seen, UNSIGNED, seen.note, note)
        if mine is not None:
            wrong = _wrong(mine, shown, receipt, answers=answers)
            if wrong is None:  # an answer from before what was seen since, by stick
                return seen
            if wrong:
                return self._alarmed(seen, wrong, seen.note, note)
        for device, heard in seen.heard.items():
            theirs = _checkpoint(heard)
            if theirs is not None and _wrong(theirs, shown, receipt, answers=False):
                return self._alarmed(seen, SPLIT, heard, note, device)
        open_ = {device: heard for device, heard in seen.heard.items() if not _proved(heard, shown, receipt)}
        return self._cosigned(replace(seen, heard=open_), note)

    def _cosigned(self, seen: Seen, note: str) -> Seen:
        """Keep a checkpoint, cosigned when nothing is wrong and it is another one."""
        at = self._now_ms()
        if seen.alarm is not None or note == seen.note:
            return replace(seen, at=at)
        identity = self._opened.identity
        name = f"{self._office.name}/{identity.device}"
        cosigned = notes.cosign(note, name, identity.keys.sign, max(0, at) // 1000)
        return replace(seen, note=note, at=at, cosignature=keys.encode(cosigned.value))

    def _alarmed(self, seen: Seen, code: str, known: str, shown: str, device: str = "") -> Seen:
        """The first alarm stays: it is what a person must look at."""
        alarm = seen.alarm or Alarm(code, known, shown, self._now_ms(), device)
        return replace(seen, alarm=alarm, at=self._now_ms(), cosignature="")

    @property
    def _office(self) -> Verifier:
        return Verifier.from_vkey(self._opened.identity.office.vkey)

    def _read(self, note: str) -> Checkpoint | None:
        """The checkpoint of a note that the office signed for its own ledger, or None."""
        try:
            checkpoint = notes.read_checkpoint(note, [self._office])
        except Damaged:
            return None
        return checkpoint if checkpoint.origin == self._office.name else None

    @staticmethod
    def _save(connection: Connection, seen: Seen) -> None:
        meta.save(connection, _NAME, asdict(seen))


def _wrong(before: Checkpoint, shown: Checkpoint, receipt: Receipt, *, answers: bool) -> str | None:
    """What is wrong with `shown` for who saw `before`: a code, empty for nothing, None when it cannot be told."""
    if shown.size < before.size:
        return SHORTER if answers else None
    if shown.size == before.size:
        return "" if shown == before else REWRITTEN
    proof = receipt.proofs.get(before.size)
    if proof is None:
        return UNPROVED if answers else None
    return "" if verify_consistency(before.size, shown.size, before.root, shown.root, proof) else REWRITTEN


def _proved(note: str, shown: Checkpoint, receipt: Receipt) -> bool:
    before = _checkpoint(note)
    return before is None or _wrong(before, shown, receipt, answers=False) == ""


def _checkpoint(note: str) -> Checkpoint | None:
    """The checkpoint of a note that was verified before it was kept; None for none."""
    return Checkpoint.from_text(notes.split(note)[0]) if note else None


def _size(note: str) -> int:
    checkpoint = _checkpoint(note)
    return checkpoint.size if checkpoint else 0


def change_name(connection: Connection) -> None:
    """The laptop takes another code: what the former one cosigned and did not send goes unsent."""
    seen = load(connection)
    if seen.cosignature:
        meta.save(connection, _NAME, asdict(replace(seen, cosignature="")))


def load(connection: Connection) -> Seen:
    """What is kept in a laptop's database."""
    value = meta.load(connection, _NAME)
    if value is None:
        return Seen()
    settled = tuple(Settled(**{**one, "alarm": Alarm(**one["alarm"])}) for one in value["settled"])
    alarm: dict[str, Any] | None = value["alarm"]
    return Seen(**{**value, "alarm": Alarm(**alarm) if alarm else None, "settled": settled})
