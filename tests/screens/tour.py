"""A walk through every screen: each step's name, who fills the laptop, and the keys that lead there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from itinerant.card.kinds import CardKind
from itinerant.domain.fields import Value
from itinerant.errors import Damaged, NoConnection
from itinerant.sync.courier import ForPeer, FromPeer, Read, Written
from itinerant.tui.work import unexpected
from tests.screens.fake import (
    FakeLaptop,
    Quarantined,
    Standing,
    busy_day,
    catalogue,
    disputed,
    logged_twice,
    open_day,
)
from tests.screens.stage import Stage


@dataclass(frozen=True)
class Step:
    """One screen in one state. `then` does what keys cannot."""

    name: str
    fill: Callable[[FakeLaptop], None] = busy_day
    keys: Sequence[str] = ()
    then: Callable[[Stage], None] = lambda on: None
    locked: bool = False


def _fail(on: Stage) -> None:
    on.app.show_error(
        NoConnection(
            "La oficina no respondió en 30 segundos.",
            safe="Sus 5 cambios siguen guardados en esta laptop.",
            next_step="Acérquese a un lugar con señal y pulse E otra vez.",
            place="https://oficina.example",
        )
    )


def _fault(on: Stage) -> None:
    on.app.show_error(unexpected(ZeroDivisionError()))


def _cards_in(on: Stage) -> None:
    on.desk.cards.put_in(CardKind.PIV)


def unchecked(laptop: FakeLaptop) -> None:
    """A visit that was opened without a check."""
    open_day(laptop)
    laptop.changes = [change for change in laptop.changes if change.kind != "readiness"]


def with_records(laptop: FakeLaptop) -> None:
    """A day with what a brigade writes beside attentions."""
    open_day(laptop)
    ally: dict[str, Value] = {"name": "Municipalidad Distrital de Nauta", "sector": "public", "brigade": "B01"}
    laptop.add("ally", {**ally, "place": "Nauta", "lends": ["premises", "internet"], "active": True})
    laptop.add("ally", {"name": "Radio Ucamara", "sector": "civil_society", "brigade": "B01", "place": "Nauta"})
    for category, cents, day in (("transport", 4550, 21), ("stationery", 1280, 22), ("outreach", 12_000, 23)):
        cost: dict[str, Value] = {"nature": "variable", "category": category, "amount_cents": cents}
        laptop.add("cost", {**cost, "spent_on": f"2026-11-{day}", "brigade": "B01", "visit": "LOR07-1"})
    laptop.amend("LOR07-4", {"note": "Combustible"}, "faltaba la nota")


def _aside(laptop: FakeLaptop) -> None:
    busy_day(laptop)
    laptop.standing = Standing("frozen", [Quarantined("LOR07-3", "Parece un número de DNI (8 dígitos).")])
    laptop.state = {"last_receipt_at": laptop.clock.now_ms(), "clock_skew_ms": 180_000}


def _decided(laptop: FakeLaptop) -> None:
    disputed(laptop)
    laptop.resolve("LOR07-3", "outcome", "partial", "revisé el acta")


def informed(laptop: FakeLaptop) -> None:
    """News of two kinds."""
    busy_day(laptop)
    laptop.notices.bring("LOR07-3", "«Resultado» de LOR07-3: se decidió otro valor que el suyo (cambio CENTRAL-9).")
    laptop.notices.bring("LOR07-4", "LOR07-4: la oficina lo aceptó.")


def _departed(laptop: FakeLaptop) -> None:
    busy_day(laptop)
    laptop.accesses.departed.add("P015")


def _no_drives(on: Stage) -> None:
    on.sync.stick.connected = []
    on.app.screen.look()


def _writes(on: Stage) -> None:
    files = [Path(f"{name}.ITP") for name in ("K3VQ7TZA", "QWX2M4LB", "A7ZZK2PD")]
    on.sync.stick.written = Written(files, 42, 9_000, [ForPeer("LOR08", 42), ForPeer("LOR09", 7)])
    on.app.screen.action_write_stick()


def _reads(on: Stage) -> None:
    damaged = [Damaged("El archivo no es el que se escribió: está cortado.", place="/media/rosa/KINGSTON/ABC.ITR")]
    peers = [FromPeer("LOR08", 12, 0, ahead=False), FromPeer("LOR09", 0, 3, ahead=True)]
    on.sync.stick.read_back = Read(1, 42, 5, peers, 4, damaged)
    on.app.screen.action_read_stick()


STEPS = (
    Step("desbloqueo", locked=True),
    Step("sin-jornada", catalogue),
    Step("abrir-jornada", catalogue, ("a",)),
    Step("abrir-en-otro-lugar", catalogue, ("a", "3", *"ocon")),
    Step("jornada-nueva", open_day),
    Step("jornada"),
    Step("atencion", keys=("n",)),
    Step("atencion-busqueda", keys=("n", *"consulta")),
    Step("atencion-por-completar", keys=("n", "2")),
    Step("atencion-causa", keys=("n", "2", "3")),
    Step("atencion-mas-datos", keys=("n", "2", "f4")),
    Step("atencion-nota", keys=("n", "2", "enter", "3", "1", "enter", *"45678912")),
    Step("atencion-falta", keys=("n", "ctrl+s")),
    Step("sin-terminar", keys=("n", "2", "escape")),
    Step("guardado", keys=("n", "2", "ctrl+s")),
    Step("registro", keys=("enter",)),
    Step("modificar", keys=("enter", "m")),
    Step("anular", keys=("enter", "x")),
    Step("cerrar-jornada", keys=("c",)),
    Step("buscar", keys=("b",)),
    Step("sincronizar", keys=("s",)),
    Step("sincronizado", keys=("s", "e")),
    Step("apartado", _aside, ("s",)),
    Step("memoria", keys=("u",)),
    Step("memoria-otra-carpeta", keys=("u", "o")),
    Step("memoria-sin-nada", keys=("u",), then=_no_drives),
    Step("memoria-escrita", keys=("u",), then=_writes),
    Step("memoria-leida", keys=("u", "down"), then=_reads),
    Step("diferencias", disputed, ("d", "down")),
    Step("otro-valor", disputed, ("d", "down", "o")),
    Step("decididas", _decided, ("d", "h")),
    Step("duplicadas", logged_twice, then=lambda on: on.app.routes.duplicates()),
    Step("avisos-nuevos", informed),
    Step("avisos", informed, ("enter",), lambda on: on.app.routes.notices()),
    Step("personas", _departed, ("r", "f")),
    Step("dar-acceso", keys=("r", "f", "a")),
    Step("quitar-acceso", keys=("r", "f", "down", "x")),
    Step("cambiar-frase", keys=("r", "f", "f")),
    Step("ayuda", keys=("f1",)),
    Step("ayuda-formulario", keys=("n", "2", "f1")),
    Step("menu", keys=("ctrl+p",)),
    Step("menu-nada", keys=("ctrl+p", *"zzz")),
    Step("falla", then=_fail),
    Step("falla-del-programa", then=_fault),
    Step("menu-del-dia", keys=("r",)),
    Step("verificar", catalogue, ("a", "1", "ctrl+s")),
    Step("omitir", catalogue, ("a", "1", "ctrl+s", "ctrl+x")),
    Step("sin-verificar", unchecked),
    Step("costos", with_records, ("r", "k")),
    Step("costo-nuevo", with_records, ("r", "k", "n")),
    Step("costo", with_records, ("r", "k", "enter")),
    Step("aliado-nuevo", with_records, ("r", "l", "n", *"Radio", "enter", "3")),
    Step("convenio-nuevo", with_records, ("r", "o", "n")),
    Step("incidencia-nueva", with_records, ("i",)),
    Step("puntos", with_records, ("r", "p")),
    Step("acta", keys=("c", "2")),
    Step("acta-donde", keys=("c", "2", "ctrl+s")),
    Step("reporte", keys=("g",)),
    Step("documentos", keys=("r", "m")),
    Step("documento-comprobado", keys=("r", "m", "v")),
    Step("firmar", keys=("r", "m", "f")),
    Step("tarjetas", keys=("r", "c"), then=_cards_in),
    Step("tarjeta-pin", keys=("r", "c", "a"), then=_cards_in),
    Step("tarjeta-persona", keys=("n", "f7"), then=_cards_in),
    Step("entrar-con-tarjeta", locked=True, then=_cards_in),
    Step("estado", keys=("r", "e")),
    Step("ajustes", keys=("r", "x")),
    Step("deshacer", keys=("n", "2", "ctrl+s", "z")),
)


async def go(on: Stage, step: Step) -> None:
    """Press what leads to the step."""
    await on.press(*step.keys)
    step.then(on)
    await on.settle()
