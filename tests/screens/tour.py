"""A walk through every screen: each step's name, who fills the laptop, and the keys that lead there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from itinerant.card.kinds import CardKind
from itinerant.domain.fields import Value
from itinerant.errors import Damaged, NoConnection
from itinerant.sync.courier import ForPeer, FromPeer, Read, Written
from itinerant.sync.outcomes import WrongClock
from itinerant.tui.work import unexpected
from tests.screens.fake import (
    MORNING,
    Day,
    FakeLaptop,
    Quarantined,
    Standing,
    Tried,
    busy_day,
    catalogue,
    disputed,
    logged_twice,
    open_day,
)
from tests.screens.fake import Step as Sent
from tests.screens.stage import Stage


@dataclass(frozen=True)
class Step:
    """One screen in one state: its name, its class, who fills the laptop, the keys that lead there. `then` does what
    keys cannot."""

    name: str
    screen: str
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


def _wrong_clock(on: Stage) -> None:
    on.sync.fails = WrongClock(
        "El reloj de esta laptop está atrasado 20 años.",
        0,
        0,
        safe="Nada se pierde: lo guardado sigue guardado.",
        next_step="Corrija la fecha y la hora, o envíe con la hora de la oficina.",
    )
    on.app.screen.action_send()


def _link(link: str) -> Callable[[Stage], None]:
    """How what goes by itself stands, once it was looked at."""

    def tell(on: Stage) -> None:
        on.sync.by_itself = lambda _laptop, _progress, _cancelled: Sent(link, 60)
        on.app.background.tick()
        on.clock.pass_seconds(5)
        on.app.background.tick()

    return tell


def _tried(laptop: FakeLaptop) -> None:
    busy_day(laptop)
    done = Tried(MORNING - 600_000, MORNING - 590_000, sent=12, received=3, bytes_up=2_000, bytes_down=300)
    words = ("no_network", "No hay red.", "Lo anotado sigue aquí.", "Busque señal.")
    lost = Tried(MORNING - 300_000, MORNING - 60_000, *words, bytes_up=900, automatic=True, times=14)
    laptop.tries.entries = [lost, done]
    laptop.tries.today = Day(3_200)


def _spent(laptop: FakeLaptop) -> None:
    busy_day(laptop)
    laptop.tries.today = Day(5_000_123)


def _with_history(laptop: FakeLaptop) -> None:
    busy_day(laptop)
    latest = laptop.list("session", limit=1)[0].record
    laptop.amend(latest, {"outcome": "partial", "cause": "missing_document"}, "faltaba su recibo")
    laptop.void(latest, "se anotó dos veces")


STEPS = (
    Step("desbloqueo", "UnlockScreen", locked=True),
    Step("sin-jornada", "VisitScreen", catalogue),
    Step("abrir-jornada", "OpenVisitScreen", catalogue, ("a",)),
    Step("abrir-en-otro-lugar", "OpenVisitScreen", catalogue, ("a", "3", *"ocon")),
    Step("jornada-nueva", "VisitScreen", open_day),
    Step("jornada", "VisitScreen"),
    Step("atencion", "SessionScreen", keys=("n",)),
    Step("atencion-busqueda", "SessionScreen", keys=("n", *"consulta")),
    Step("atencion-por-completar", "SessionScreen", keys=("n", "2")),
    Step("atencion-causa", "SessionScreen", keys=("n", "2", "3")),
    Step("atencion-mas-datos", "SessionScreen", keys=("n", "2", "f4")),
    Step("atencion-nota", "SessionScreen", keys=("n", "2", "enter", "3", "1", "enter", *"45678912")),
    Step("atencion-falta", "SessionScreen", keys=("n", "ctrl+s")),
    Step("sin-terminar", "VisitScreen", keys=("n", "2", "escape")),
    Step("guardado", "VisitScreen", keys=("n", "2", "ctrl+s")),
    Step("registro", "RecordScreen", keys=("enter",)),
    Step("modificar", "AmendScreen", keys=("enter", "m")),
    Step("anular", "Reason", keys=("enter", "x")),
    Step("cerrar-jornada", "Question", keys=("c",)),
    Step("buscar", "VisitScreen", keys=("b",)),
    Step("sincronizar", "SyncScreen", keys=("s",)),
    Step("sincronizado", "SyncScreen", keys=("s", "e")),
    Step("apartado", "SyncScreen", _aside, ("s",)),
    Step("memoria", "StickScreen", keys=("u",)),
    Step("memoria-otra-carpeta", "FolderDialog", keys=("u", "o")),
    Step("memoria-sin-nada", "StickScreen", keys=("u",), then=_no_drives),
    Step("memoria-escrita", "StickScreen", keys=("u",), then=_writes),
    Step("memoria-leida", "StickScreen", keys=("u", "down"), then=_reads),
    Step("diferencias", "ConflictsScreen", disputed, ("d", "down")),
    Step("otro-valor", "ValueDialog", disputed, ("d", "down", "o")),
    Step("decididas", "ConflictsScreen", _decided, ("d", "h")),
    Step("duplicadas", "DuplicatesScreen", logged_twice, then=lambda on: on.app.routes.duplicates()),
    Step("avisos-nuevos", "News", informed),
    Step("avisos", "NoticesScreen", informed, ("enter",), lambda on: on.app.routes.notices()),
    Step("personas", "PeopleScreen", _departed, ("r", "f")),
    Step("dar-acceso", "PassphraseDialog", keys=("r", "f", "a")),
    Step("quitar-acceso", "Question", keys=("r", "f", "down", "x")),
    Step("cambiar-frase", "PassphraseDialog", keys=("r", "f", "f")),
    Step("ayuda", "HelpScreen", keys=("f1",)),
    Step("ayuda-formulario", "HelpScreen", keys=("n", "2", "f1")),
    Step("menu", "Palette", keys=("ctrl+p",)),
    Step("menu-nada", "Palette", keys=("ctrl+p", *"zzz")),
    Step("falla", "ProblemScreen", then=_fail),
    Step("falla-del-programa", "ProblemScreen", then=_fault),
    Step("menu-del-dia", "MenuScreen", keys=("r",)),
    Step("verificar", "ReadinessScreen", catalogue, ("a", "1", "ctrl+s")),
    Step("omitir", "Reason", catalogue, ("a", "1", "ctrl+s", "ctrl+x")),
    Step("sin-verificar", "VisitScreen", unchecked),
    Step("costos", "RecordsScreen", with_records, ("r", "k")),
    Step("costo-nuevo", "NewRecordScreen", with_records, ("r", "k", "n")),
    Step("costo", "RecordScreen", with_records, ("r", "k", "enter")),
    Step("aliado-nuevo", "NewRecordScreen", with_records, ("r", "l", "n", *"Radio", "enter", "3")),
    Step("convenio-nuevo", "NewRecordScreen", with_records, ("r", "o", "n")),
    Step("incidencia-nueva", "NewRecordScreen", with_records, ("i",)),
    Step("puntos", "RecordsScreen", with_records, ("r", "p")),
    Step("acta", "ActaScreen", keys=("c", "2")),
    Step("acta-donde", "Question", keys=("c", "2", "ctrl+s")),
    Step("reporte", "ReportScreen", keys=("g",)),
    Step("documentos", "SigningScreen", keys=("r", "m")),
    Step("documento-comprobado", "SigningScreen", keys=("r", "m", "v")),
    Step("firmar", "PinDialog", keys=("r", "m", "f")),
    Step("tarjetas", "CardsScreen", keys=("r", "c"), then=_cards_in),
    Step("tarjeta-pin", "PinDialog", keys=("r", "c", "a"), then=_cards_in),
    Step("tarjeta-persona", "CheckDialog", keys=("n", "f7"), then=_cards_in),
    Step("entrar-con-tarjeta", "UnlockScreen", locked=True, then=_cards_in),
    Step("estado", "DoctorScreen", keys=("r", "e")),
    Step("ajustes", "SettingsScreen", keys=("r", "x")),
    Step("deshacer", "Question", keys=("n", "2", "ctrl+s", "z")),
    Step("historia", "RecordScreen", _with_history, ("enter",)),
    Step("ir-a-un-campo", "JumpDialog", keys=("n", "2", "f3")),
    Step("por-enviar", "BoxScreen", keys=("s", "p")),
    Step("traidos", "BoxScreen", keys=("s", "r")),
    Step("apartados", "BoxScreen", _aside, ("s", "q")),
    Step("bitacora", "BoxScreen", _tried, ("s", "l")),
    Step("tope-del-dia", "Question", keys=("s", "t")),
    Step("tope-alcanzado", "SyncScreen", _spent, ("s",), then=_link("capped")),
    Step("sin-red", "SyncScreen", keys=("s",), then=_link("offline")),
    Step("sin-red-en-la-jornada", "VisitScreen", then=_link("offline")),
    Step("reloj-mal", "Question", keys=("s",), then=_wrong_clock),
    Step("inscripcion", "DeviceStateScreen", _aside, ("w",)),
    Step("inscripcion-archivo", "FileDialog", _aside, ("w", "t")),
    Step("reporte-campania", "ReportScreen", keys=("r", "g", "right")),
    Step("acta-firmar", "PinDialog", keys=("c", "2", "f"), then=_cards_in),
    Step("incidencias", "RecordsScreen", with_records, ("r", "i")),
    Step("jornadas", "RecordsScreen", with_records, ("r", "j")),
    Step("verificaciones", "RecordsScreen", with_records, ("r", "v")),
    Step("recursos", "RecordsScreen", with_records, ("r", "r")),
    Step("recurso-nuevo", "NewRecordScreen", with_records, ("r", "r", "n")),
    Step("aliados", "RecordsScreen", with_records, ("r", "l")),
    Step("convenios", "RecordsScreen", with_records, ("r", "o")),
    Step("capacitaciones", "RecordsScreen", with_records, ("r", "t")),
    Step("capacitacion-nueva", "NewRecordScreen", with_records, ("r", "t", "n")),
    Step("difusiones", "RecordsScreen", with_records, ("r", "d")),
    Step("difusion-nueva", "NewRecordScreen", with_records, ("r", "d", "n")),
    Step("campanias", "RecordsScreen", with_records, ("r", "a")),
    Step("cap", "RecordsScreen", with_records, ("r", "h")),
    Step("servicios", "RecordsScreen", with_records, ("r", "s")),
    Step("avisos-todos", "NoticesScreen", informed, ("enter", "r", "n")),
    Step("posibles-duplicadas", "DuplicatesScreen", logged_twice, ("r", "y")),
    Step("agente", "AgentScreen", keys=("r", "b")),
    Step("agente-entidades", "AgentScreen", keys=("r", "b", "enter")),
    Step("agente-servicios", "AgentScreen", keys=("r", "b", "enter", "enter")),
    Step("agente-pasos", "AgentScreen", keys=("r", "b", "enter", "enter", "enter")),
    Step("agente-gracias", "AgentScreen", keys=("r", "b", "enter", "enter", "enter", "enter")),
    Step("agente-ayuda", "AgentScreen", keys=("r", "b", "a")),
    Step("agente-salir", "LeaveDialog", keys=("r", "b", "f12")),
)


async def go(on: Stage, step: Step) -> None:
    """Press what leads to the step."""
    await on.press(*step.keys)
    step.then(on)
    await on.settle()
