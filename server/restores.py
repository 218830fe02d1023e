"""The office after a copy of its database was put back: it went back in time, and its laptops did not.

* Numbers of CENTRAL that were given out after the copy may be on laptops, with other bytes than what would be written
  now. So CENTRAL leaps: it goes on at a number that it never reached. The chain goes on through `prev`, unbroken; the
  numbers between are withdrawn for good, and every laptop is told so.
* How far it ever came is not in the copy. The folder remembers what earlier leaps promised (`epoch.json`), and the
  database that is about to be replaced says it exactly, when it can be read.
* What laptops had sent since the copy, they send again by themselves; what the office itself decided since, is lost.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from sqlalchemy import Connection, select

from itinerant.domain.people import CENTRAL
from itinerant.errors import StoreProblem
from itinerant.log.change import Draft
from itinerant.sync.standing import Withdrawn
from itinerant.texts import _
from server import central, ledger
from server.exchange import chains
from server.exchange.chains import MAIN
from server.exchange.intake import OFFICE, WENT_BACK
from server.home import replace_private
from server.keys import rotation
from server.office import Office
from server.tables import Meta, table

STEP = 10_000
"""A leap ends at a multiple of this, one further than the next: CENTRAL wrote less than that since any copy."""

EPOCH_FILE = "epoch.json"
_WITHDRAWN = "withdrawn"
_meta = table(Meta)


@dataclass(frozen=True, slots=True)
class Leap:
    """A leap of CENTRAL: the last change that the copy has, and the number after which it goes on."""

    after: int
    upto: int


def resume(office: Office, *, reached: int = 0) -> Leap:
    """Go on after a copy was put back, in one transaction; answers with the leap.

    `reached`: the last number of CENTRAL that is known to have been given out, 0 when nothing is known.
    """
    with office.database.writer() as connection:
        end = ledger.lock(connection)
        after = chains.branches(connection, CENTRAL)[MAIN].seq
        upto = (max(after, reached, _promised(office.folder)) // STEP + 2) * STEP
        _promise(office.folder, upto)
        told = [*map(list, withdrawn(connection)), [after, upto, end.size]]
        connection.execute(_meta.delete().where(_meta.c.name == _WITHDRAWN))
        connection.execute(_meta.insert().values(name=_WITHDRAWN, value=orjson.dumps(told).decode()))
        chains.leap(connection, CENTRAL, upto)
        sentence = _("La oficina volvió a una copia de {n} cambios; sigue en CENTRAL-{next}.")
        incident = Draft(
            "incident",
            {
                "found_at": office.now_ms(),
                "category": WENT_BACK,
                "severity": "high",
                "description": sentence.format(n=end.size, next=upto + 1),
                "state": "open",
            },
        )
        central.write(connection, office, [incident], by=OFFICE)
        rotation.restate(connection, office)
    return Leap(after, upto)


def withdrawn(connection: Connection) -> Sequence[Withdrawn]:
    """The numbers of CENTRAL that are nobody's any more."""
    text = connection.execute(select(_meta.c.value).where(_meta.c.name == _WITHDRAWN)).scalar()
    return [Withdrawn(*row) for row in orjson.loads(text)] if text else []


def _promised(folder: Path) -> int:
    """The end of the last leap that this folder knows of."""
    try:
        return int(json.loads((folder / EPOCH_FILE).read_bytes())["central"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _promise(folder: Path, upto: int) -> None:
    """Remember the leap, outside the database, before it is made."""
    path = folder / EPOCH_FILE
    try:
        replace_private(path, json.dumps({"central": upto}).encode() + b"\n")
    except OSError as error:
        raise StoreProblem(
            _("No se pudo escribir {file}: {reason}.").format(file=path, reason=error.strerror), place=str(path)
        ) from error
