"""The whole road without a screen: recorded offline, synced, disputed, settled, exported and verified.

* Each step says what it expects; the first that does not hold ends the check with a `Failed` that names it.
* What the office has in the end is compared, field by field, with what the laptop had saved.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from itinerant.demo.days import Story, days_for, morning
from itinerant.demo.scene import FIRST, SECOND
from itinerant.demo.stage import Stage, Tell
from itinerant.errors import ItinerantError, NoConnection
from itinerant.texts import N_, _

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop

SEED = 20_261_123
_EVERY = 250
_PAGE = 500
_DISPUTED = "language"
_ITS_VALUES = ("spa", "qvo", "quz")


class Failed(ItinerantError):
    """A step of the check did not hold."""

    title = N_("La comprobación falló")


@dataclass
class Summary:
    """What the check counted: sessions recorded and sessions at the office, conflicts met and settled, bytes of the
    recording laptop's syncs with all headers."""

    recorded: int = 0
    received: int = 0
    conflicts: int = 0
    quarantined: int = 0
    ledger_size: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    export_ok: bool = False


def run(stage: Stage, count: int, tell: Tell) -> Summary:
    """Walk the road with `count` sessions. Raises `Failed` at the first step that does not hold."""
    summary = Summary()
    with stage.unlock(FIRST) as first, stage.unlock(SECOND) as second:
        stage.office.stop()
        saved = _record(stage, first, count, tell, summary)
        _offline(stage, first)
        stage.office.start()
        tell(_("Envío lo registrado…"))
        _send(stage, first, summary)
        _expect(first.status()["pending"] == 0, _("quedaron cambios sin enviar"))
        tell(_("Dos laptops corrigen la misma atención sin verse; resuelvo el conflicto…"))
        disputed = next(reversed(saved))
        settled = _dispute(stage, first, second, disputed, summary)
        saved[disputed] = {**saved[disputed], _DISPUTED: settled}
    _compare(stage, saved, summary)
    tell(_("Exporto y verifico…"))
    _export(stage, summary)
    return summary


def _record(stage: Stage, laptop: Laptop, count: int, tell: Tell, summary: Summary) -> dict[str, Mapping[str, Any]]:
    """Record the sessions and return what was saved, by number, in the order of the log."""
    story = Story(laptop, stage.clock, stage.services(laptop), SEED)
    for done, _number in enumerate(story.live(count, morning(days_for(count)), stage.stops(laptop)[0]), start=1):
        if done % _EVERY == 0 or done == count:
            tell(_("Registradas sin conexión: {done} de {count} atenciones.").format(done=done, count=count))
    summary.recorded = len(set(story.sessions))
    _expect(summary.recorded == count, _("no se registraron todas las atenciones"))
    return {record["record"]: record for record in reversed(list(_flat(laptop)))}


def _flat(laptop: Laptop) -> Iterator[Mapping[str, Any]]:
    before: int | None = None
    while page := laptop.list("session", before=before, limit=_PAGE):
        yield from (record.flat() for record in page)
        before = page[-1].n


def _offline(stage: Stage, laptop: Laptop) -> None:
    """With the office down a sync fails in words, and takes nothing away."""
    pending = laptop.status()["pending"]
    try:
        stage.sync(laptop, patient=False)
    except NoConnection:
        _expect(laptop.status()["pending"] == pending, _("un envío fallido movió lo pendiente"))
        return
    raise _failed(_("un envío sin oficina no avisó"))


def _send(stage: Stage, laptop: Laptop, summary: Summary) -> None:
    report = stage.sync(laptop)
    summary.bytes_up += report.bytes_up
    summary.bytes_down += report.bytes_down


def _dispute(stage: Stage, first: Laptop, second: Laptop, record: str, summary: Summary) -> str:
    """Two laptops give a field different values, and one settles it; the value that stays."""
    stage.sync(second)
    known = second.get(record)
    _expect(known is not None, _("la segunda laptop no recibió la atención"))
    assert known is not None
    mine, theirs = [value for value in _ITS_VALUES if value != known.values[_DISPUTED]][:2]
    first.amend(record, {_DISPUTED: mine}, "lo dijo al llegar")
    second.amend(record, {_DISPUTED: theirs}, "lo dijo al salir")
    _send(stage, first, summary)
    stage.sync(second)
    _send(stage, first, summary)
    for where in (first.conflicts(), second.conflicts(), stage.office.command("show", "conflicts")):
        _expect(len(where) == 1, _("el conflicto no se ve en todas partes"))
    summary.conflicts = len(first.conflicts())
    values = {candidate.value for candidate in first.conflicts(record)[0].candidates}
    _expect(values == {mine, theirs}, _("el conflicto no conserva los dos valores"))
    first.resolve(record, _DISPUTED, theirs, "se preguntó de nuevo")
    _send(stage, first, summary)
    stage.sync(second)
    for where in (first.conflicts(), second.conflicts(), stage.office.command("show", "conflicts")):
        _expect(not where, _("el conflicto sigue abierto después de resolverlo"))
    return theirs


def _compare(stage: Stage, saved: Mapping[str, Mapping[str, Any]], summary: Summary) -> None:
    """The office has every session once, with the values that the laptop saved."""
    at_office = {item["record"]: item for item in stage.office.command("show", "records", "--kind", "session")}
    summary.received = len(at_office)
    summary.quarantined = len(stage.office.command("show", "quarantine"))
    _expect(at_office.keys() == saved.keys(), _("la oficina no tiene las mismas atenciones"))
    for number, record in saved.items():
        differing = [name for name, value in record.items() if at_office[number].get(name) != value]
        _expect(not differing, _("{number} no es igual en la oficina: {names}").format(number=number, names=differing))
    _expect(summary.quarantined == 0, _("la oficina apartó cambios"))


def _export(stage: Stage, summary: Summary) -> None:
    """An auditor's export, verified by the command that an auditor would use, in a process of its own."""
    file = stage.root / "export.zip"
    stage.office.command("export", "--out", str(file))
    done = subprocess.run(
        [sys.executable, "-m", "itinerant.entry", "verify", str(file), "--key", stage.vkey, "--json"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
    )
    report = json.loads(done.stdout) if done.stdout else {}
    summary.export_ok = done.returncode == 0 and report.get("verdict") == "authentic"
    summary.ledger_size = report.get("counts", {}).get("changes", 0)
    reasons = [finding["sentence"] for finding in report.get("findings", [])] or [done.stderr.strip()]
    _expect(summary.export_ok, _("la exportación no se verifica: {reasons}").format(reasons="; ".join(reasons[:3])))


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _failed(otherwise)


def _failed(what: str) -> Failed:
    return Failed(f"{what}.", code="demo_check")
