"""What each laptop said last and how: enough to answer it again on a stick, and to list who has not synced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Select, bindparam, select

from itinerant.sync.parcel import MAX_ROOM
from server.exchange.chains import MAIN
from server.tables import ContactRow, table

_contact = table(ContactRow)
_FLOOR = select(_contact.c.floor).where(_contact.c.device == bindparam("mine"))


@dataclass(frozen=True, slots=True)
class Question:
    """What a parcel asks: its own name, the branch of the log that it is on, the position up to which the laptop has
    pulled, the standing that it was told last (digest), and the bytes that the receipt should fit in. `former`: what is
    answered on the log that it had under another code, as it travels; None for a laptop that had none. `version`: the
    form in which it asks and is answered; 0 when it is a later one than ours. `asks`: sizes of the ledger from which it
    wants proofs. `known`: the head (number, hash) of a parcel of which everything was here, of a log that may go
    further here: the laptop is asked for what comes after it there. `keys`: number of the office's keys that it says to
    know, 0 for those that it was enrolled with."""

    ref: str
    branch: int = MAIN
    have: int = 0
    standing: str = ""
    room: int = MAX_ROOM
    former: Mapping[str, object] | None = None
    version: int = 0
    asks: Sequence[int] = ()
    known: tuple[int, str] | None = None
    keys: int = 0


def meet(connection: Connection, device: str, floor: int, asked: Question, *, at: int, by_stick: bool) -> None:
    """Note a laptop that was just enrolled; `floor` is the position before which it may not have its brigade's work."""
    row = {"device": device, "floor": floor, "seen_at": at, "by_stick": by_stick, "skew_ms": None, "epoch": 1}
    connection.execute(_contact.insert().values(**row, asked=_text(asked)))


def hear(connection: Connection, device: str, asked: Question, *, at: int, epoch: int, clock: int | None) -> None:
    """Note what a laptop said: `at` by our clock, and by its own when it came over the network (`clock`, ms)."""
    heard = {"seen_at": at, "by_stick": clock is None, "epoch": epoch, "asked": _text(asked)}
    if clock is not None:
        heard["skew_ms"] = clock - at
    connection.execute(_contact.update().where(_contact.c.device == device).values(**heard))


def floor(connection: Connection, device: str) -> int:
    """The position before which a laptop may not have its brigade's work."""
    position: int = connection.execute(_FLOOR, {"mine": device}).scalar_one()
    return position


def waiting(connection: Connection) -> Iterator[tuple[str, Question]]:
    """Laptops that were last heard of by stick, with what they asked."""
    return _asked(connection, select(_contact.c.device, _contact.c.asked).where(_contact.c.by_stick))


def everybody(connection: Connection) -> Iterator[tuple[str, Question]]:
    """Every laptop that was heard of, with what it asked last."""
    return _asked(connection, select(_contact.c.device, _contact.c.asked))


def _asked(connection: Connection, statement: Select[Any]) -> Iterator[tuple[str, Question]]:
    for device, asked in connection.execute(statement.order_by(_contact.c.device)):
        yield device, Question(**orjson.loads(asked))


def _text(asked: Question) -> str:
    return orjson.dumps(asdict(asked)).decode()
