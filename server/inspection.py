"""Whether the office still is what it signed: the whole ledger is read and every hash computed again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from itinerant.domain.people import CENTRAL
from itinerant.errors import Damaged
from itinerant.log.canonical import leaf_hash
from itinerant.log.chain import START, Head
from itinerant.log.change import Change
from itinerant.log.notes import Checkpoint, read_checkpoint
from itinerant.log.tree import Frontier
from itinerant.texts import _
from server import backups, ledger, witnesses
from server.access import access_seals
from server.exchange.chains import MAIN
from server.home import lies_in_clear
from server.keys import rotation
from server.keys.holders import Holders
from server.office import Office
from server.tables import ChainRow, ChangeRow, QuarantineRow, table

_PAGE = 5_000
_change = table(ChangeRow)
_quarantine = table(QuarantineRow)
_chain = table(ChainRow)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `name` is stable, `label` and `detail` are for people."""

    name: str
    label: str
    ok: bool
    detail: str


def inspect(office: Office) -> list[Check]:
    """Every check, in the order in which a person should read them."""
    with office.database.reader() as connection:
        return [
            _database(connection),
            *_ledger(connection, office),
            _chains(connection),
            _witnesses(connection, office),
            _accesses(connection),
            _copies(connection, office),
            _keys(connection, office),
            _recovery(office),
        ]


def _database(connection: Connection) -> Check:
    if connection.dialect.name == "sqlite":
        found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
        return Check("database", _("Base de datos"), found == "ok", found)
    version = str(connection.exec_driver_sql("SHOW server_version").scalar_one())
    return Check("database", _("Base de datos"), True, f"PostgreSQL {version}")


def _recovery(office: Office) -> Check:
    """Nobody to keep the recovery key is no damage, but a person should know."""
    kept, label = Holders.read(office.folder), _("Custodios de recuperación")
    if not kept.ready:
        advice = _("sin dos custodios nadie recupera una laptop; nómbrelos con «recovery holder add»")
        return Check("recovery", label, True, advice)
    if lies_in_clear(office.folder):
        return Check("recovery", label, False, _("borre keys/recovery.key: quedó de antes de nombrarlos"))
    return Check("recovery", label, True, ", ".join(kept.slots))


def _ledger(connection: Connection, office: Office) -> Iterator[Check]:
    end = ledger.read(connection)
    frontier, wrong = Frontier(), ""
    for page in _pages(connection):
        for row in page:
            if not wrong and leaf_hash(row.data) != row.hash:
                wrong = f"{row.device}-{row.seq}"
        frontier = frontier.append([row.hash for row in page])
    yield Check("leaves", _("Cambios"), not wrong, wrong or str(frontier.size))
    same = frontier == end.frontier and ledger.nodes_follow(connection)
    yield Check("tree", _("Árbol del registro"), same, frontier.root().hex())
    yield Check("checkpoint", _("Sello"), *_checkpoint(end.checkpoint, frontier, office))


def _checkpoint(note: str, frontier: Frontier, office: Office) -> tuple[bool, str]:
    if not note:
        return frontier.size == 0, _("todavía no hay")
    try:
        signed = read_checkpoint(note, office.verifiers(frontier.size))
    except Damaged as error:
        return False, error.sentence
    return signed == Checkpoint(office.settings.origin, frontier.size, frontier.root()), str(signed.size)


def _pages(connection: Connection) -> Iterator[list[ChangeRow]]:
    columns = (_change.c.position, _change.c.device, _change.c.seq, _change.c.hash, _change.c.data)
    result = connection.execution_options(yield_per=_PAGE).execute(select(*columns).order_by(_change.c.position))
    yield from result.partitions()  # type: ignore[misc] # rows with the attributes of the columns asked for


def _chains(connection: Connection) -> Check:
    """Each device's main log, accepted and quarantined changes together, from its first change to its head."""
    broken: list[str] = []
    heads = connection.execute(select(_chain.c.device, _chain.c.upto, _chain.c.head).where(_chain.c.branch == MAIN))
    for device, upto, head in heads.all():
        found = _walk(connection, device)
        if found != Head(upto, head):
            broken.append(f"{device}-{found.seq + 1}")
    return Check("chains", _("Cadenas de los equipos"), not broken, ", ".join(broken) or _("completas"))


def _witnesses(connection: Connection, office: Office) -> Check:
    """What laptops cosigned last must be the beginning of this ledger."""
    end = ledger.read(connection)
    strange = ", ".join(f"{one.device} ({one.size})" for one in witnesses.strangers(connection, office, end))
    count = len(witnesses.latest(connection, size=witnesses.FOREVER))
    return Check("witnesses", _("Testigos"), not strange, strange or str(count))


def _accesses(connection: Connection) -> Check:
    """The log of accesses must be what the ledger's seals say."""
    wrong = access_seals.altered(connection)
    return Check("accesses", _("Bitácora de accesos"), not wrong, wrong or _("nada se alteró de lo sellado"))


def _copies(connection: Connection, office: Office) -> Check:
    """A copy that was not made is no damage yet; it is said, and `/` says it too."""
    days = backups.days_without(connection, office.now_ms())
    late = _("hace {n} días que no se hace; ejecute «itinerant-server backup»").format(n=days)
    return Check("backup", _("Copia de respaldo"), True, late if days > backups.WEEK_D else _("al día"))


def _keys(connection: Connection, office: Office) -> Check:
    """Every step to another key must be in the ledger, where laptops and auditors learn it."""
    missing = ", ".join(str(step.number) for step in rotation.missing(connection, office))
    words = _("el cambio {n} no está en el registro; reinicie el servicio").format(n=missing)
    return Check("keys", _("Llaves"), not missing, words if missing else _("número {n}").format(n=office.keys.number))


def _walk(connection: Connection, device: str) -> Head:
    """The head of what really follows from a device's first change."""
    datas: dict[int, bytes] = {}
    aside = (_quarantine.c.device == device) & (_quarantine.c.branch == MAIN)
    for source, mine in ((_change, _change.c.device == device), (_quarantine, aside)):
        datas.update((seq, data) for seq, data in connection.execute(select(source.c.seq, source.c.data).where(mine)))
    head = START
    for seq in sorted(datas):
        leaps = device == CENTRAL  # over numbers withdrawn when a copy was put back; `prev` goes on
        if not (leaps or seq == head.seq + 1) or Change.from_bytes(datas[seq]).prev != head.hash:
            break
        head = Head(seq, leaf_hash(datas[seq]).hex())
    return head
