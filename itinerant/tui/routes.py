"""The ways through the screen: every place that a person can go to, once, for the day's menu and the palette.

* A place has a key of its own in the menu, its name and what is there.
* What a screen needs is read first, in a worker's thread; the screen appears with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from itinerant.texts import N_, _, set_language
from itinerant.tui.work import ask

if TYPE_CHECKING:
    from itinerant.domain.fields import Kind, Value
    from itinerant.errors import ItinerantError
    from itinerant.tui.app import ItinerantApp
    from itinerant.tui.ports import Notice, SavedDraft


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to go: its key in the menu, name, what is there; `run` is a method of `Routes`, which gets `kind`."""

    key: str
    label: str
    help: str
    run: str = "records"
    kind: str = ""


PLACES = (
    Place("i", N_("Incidencias"), N_("Lo que falló, para el área de TI."), kind="incident"),
    Place("k", N_("Costos"), N_("Lo que se gastó, fijo o variable."), kind="cost"),
    Place("j", N_("Jornadas"), N_("Las de esta brigada, con su acta y su reporte."), kind="visit"),
    Place("v", N_("Verificaciones"), N_("Lo que se comprobó antes de abrir cada jornada."), kind="readiness"),
    Place("r", N_("Recursos"), N_("Equipos, locales, mobiliario; su estado."), kind="resource"),
    Place("l", N_("Aliados"), N_("Organizaciones que prestan local o equipos."), kind="ally"),
    Place("o", N_("Convenios"), N_("Con cada aliado: objeto, fechas, estado."), kind="agreement"),
    Place("t", N_("Capacitaciones"), N_("Del personal."), kind="training"),
    Place("d", N_("Difusiones"), N_("De los servicios, al público."), kind="outreach"),
    Place("p", N_("Puntos de la ruta"), N_("Dónde y cuándo atiende la brigada."), kind="stop"),
    Place("a", N_("Campañas"), N_("Fechas y meta de atenciones."), kind="campaign"),
    Place("h", N_("CAP y horarios"), N_("El centro registrado y su horario."), kind="cap"),
    Place("s", N_("Servicios"), N_("El catálogo que envió la oficina."), kind="service"),
    Place("n", N_("Avisos"), N_("Qué fue de lo que usted registró: diferencias, apartados."), "notices"),
    Place("y", N_("Posibles duplicadas"), N_("Atenciones que dos laptops quizá anotaron dos veces."), "duplicates"),
    Place("g", N_("Reportes"), N_("De la jornada y la campaña, en barras."), "reports"),
    Place("f", N_("Personas y accesos"), N_("Quiénes abren esta laptop; su frase."), "people"),
    Place(
        "b", N_("Agente automatizado"), N_("Esta pantalla para el público, sola; salir pide su frase."), "self_service"
    ),
    Place("c", N_("Tarjetas y lectores"), N_("Qué hay en los lectores; entrar con tarjeta."), "cards"),
    Place("m", N_("Firmas de documentos"), N_("Firmar con tarjeta un PDF, o comprobar firmas."), "signing"),
    Place("e", N_("Estado de la laptop"), N_("Revisa registro, reloj, equipos y normas."), "doctor"),
    Place("x", N_("Ajustes"), N_("Colores, idioma y tiempo hasta bloquearse."), "settings"),
)
"""In the order of the menu."""


class Routes:
    """Takes the person to a place; `app` is where the screens appear."""

    def __init__(self, app: ItinerantApp) -> None:
        self._app = app

    def go(self, place: Place) -> None:
        """Go to one of `PLACES`."""
        way: Callable[..., Any] = getattr(self, place.run)
        way(place.kind) if place.kind else way()

    def menu(self) -> None:
        """The day's menu."""
        from itinerant.tui.screens.menu import MenuScreen  # noqa: PLC0415 - imported when asked for

        self._app.push_screen(MenuScreen())

    def signing(self) -> None:
        """Documents to sign or to check."""
        from itinerant.tui.screens.signing import SigningScreen  # noqa: PLC0415 - imported when asked for

        self._app.push_screen(SigningScreen())

    def people(self) -> None:
        """Who can unlock this laptop."""
        from itinerant.tui.screens.people import PeopleScreen  # noqa: PLC0415 - imported when asked for

        self._app.push_screen(PeopleScreen())

    def notices(self) -> None:
        """All notices."""
        from itinerant.tui.screens.notices import NoticesScreen  # noqa: PLC0415 - imported when asked for

        self._app.push_screen(NoticesScreen())

    def news(self) -> None:
        """Tell the notices that nobody was shown, if there are any."""
        app = self._app

        def show(found: Sequence[Notice]) -> None:
            from itinerant.tui.screens.notices import News  # noqa: PLC0415 - imported when there are some

            if found:
                app.push_screen(News(found))

        ask(app, app.laptop.notices.take, show, group="news", exclusive=True)

    def duplicates(self) -> None:
        """The possible duplicates."""
        from itinerant.tui.screens.duplicates import DuplicatesScreen  # noqa: PLC0415 - imported when asked for

        self._app.push_screen(DuplicatesScreen())

    def records(self, name: str) -> None:
        """The list of a kind."""
        from itinerant.domain.kinds import KINDS  # noqa: PLC0415 - after the first frame
        from itinerant.tui import sources  # noqa: PLC0415 - imported when asked for
        from itinerant.tui.screens.records import RecordsScreen  # noqa: PLC0415 - imported when asked for

        app, laptop, kind = self._app, self._app.laptop, KINDS[name]
        ask(app, lambda: sources.load(laptop, kind), lambda found: app.push_screen(RecordsScreen(kind, found)))

    def record(self, ref: str, kind: Kind) -> None:
        """One record with its history."""
        from itinerant.tui import sources  # noqa: PLC0415 - imported when asked for
        from itinerant.tui.screens.record import RecordScreen  # noqa: PLC0415 - imported when asked for

        app, laptop = self._app, self._app.laptop
        ask(app, lambda: sources.load(laptop, kind), lambda found: app.push_screen(RecordScreen(ref, found)))

    def new(self, name: str) -> None:
        """The form of a new record."""
        from itinerant.domain.kinds import KINDS  # noqa: PLC0415 - after the first frame
        from itinerant.tui.screens import new_record  # noqa: PLC0415 - imported when asked for

        app, laptop, kind, now = self._app, self._app.laptop, KINDS[name], self._app.now_ms()

        def show(prepared: new_record.Prepared) -> None:
            app.push_screen(new_record.NewRecordScreen(prepared), app.told_saved)

        ask(app, lambda: new_record.prepare(laptop, kind, now), show)

    def acta(self, visit: str) -> None:
        """The acta of a visit."""
        from itinerant.tui import papers  # noqa: PLC0415 - imported when asked for
        from itinerant.tui.screens.acta import ActaScreen  # noqa: PLC0415 - imported when asked for

        app, laptop = self._app, self._app.laptop
        ask(app, lambda: papers.acta_of(laptop, visit), lambda made: app.push_screen(ActaScreen(made)))

    def report(self, visit: str) -> None:
        """One visit in figures."""
        from itinerant.tui import papers  # noqa: PLC0415 - imported when asked for

        laptop = self._app.laptop
        ask(self._app, lambda: ([papers.report_of(laptop, visit)], laptop.services), self._report)

    def reports(self) -> None:
        """The last visit, the campaigns and everything in figures."""
        from itinerant.tui import papers  # noqa: PLC0415 - imported when asked for

        laptop = self._app.laptop
        ask(self._app, lambda: (papers.reports(laptop), laptop.services), self._report)

    def _report(self, found: tuple[Any, Any]) -> None:
        from itinerant.tui.screens.report import ReportScreen  # noqa: PLC0415 - imported when asked for

        self._app.push_screen(ReportScreen(*found))

    def sync(self) -> None:
        """The sync centre."""
        from itinerant.tui.screens.sync import SyncScreen  # noqa: PLC0415 - imported behind the unlock screen

        self._app.push_screen(SyncScreen())

    def stick(self) -> None:
        """The sync by stick."""
        from itinerant.tui.screens.stick import StickScreen  # noqa: PLC0415 - imported when asked for

        self._app.push_screen(StickScreen())

    def conflicts(self) -> None:
        """The conflicts."""
        from itinerant.tui.screens.conflicts import ConflictsScreen  # noqa: PLC0415 - imported when asked for

        self._app.push_screen(ConflictsScreen())

    def open_visit(self) -> None:
        """Ask where the brigade works; stops, districts and what was answered before are read first."""
        from itinerant.tui.screens import open_visit  # noqa: PLC0415 - imported behind the unlock screen

        app, laptop = self._app, self._app.laptop

        def job() -> tuple[Any, Any, Any]:
            from itinerant.reference import districts  # noqa: PLC0415 - reads a file

            stops = [row for row in laptop.list("stop", limit=200) if not row.void]
            stops.sort(key=lambda row: (str(row.values.get("starts_on") or "9"), row.n))
            return stops, districts(), laptop.drafts.load(open_visit.DRAFT)

        def told(ref: str | None) -> None:
            if ref:
                app.good_news(_("✓ Guardado {ref}: jornada abierta").format(ref=ref))

        ask(app, job, lambda found: app.push_screen(open_visit.OpenVisitScreen(*found), told))

    def fault_report(self, error: ItinerantError) -> None:
        """Ask where, and write a report of a fault that only the office opens."""
        from itinerant.tui.last_words import report_name  # noqa: PLC0415 - imported when something failed
        from itinerant.tui.screens.question import Question  # noqa: PLC0415 - likewise

        app, laptop, desk = self._app, self._app.laptop, self._app.desk
        about = {"device": laptop.device, "screen": type(app.screen).__name__, "place": error.place}
        fault = error.__cause__ or error
        name = report_name(app)
        text = _("El archivo {name} va sellado para la oficina: dice qué falló y dónde, sin ningún dato.")

        def write(folder: str | None) -> None:
            if folder is not None:
                job = lambda: desk.put(Path(folder), {name: desk.seal_report(laptop, fault, about)})  # noqa: E731 - handed on
                ask(app, job, told)

        def told(paths: Sequence[Path]) -> None:
            app.good_news(_("✓ Informe escrito: {path}").format(path=paths[0]))

        def where(folders: Sequence[tuple[Path, str]]) -> None:
            answers = [(str(path), words) for path, words in folders[:9]]
            app.push_screen(Question(_("¿Dónde guardar el informe?"), text.format(name=name), answers), write)

        ask(app, desk.folders, where)

    def self_service(self) -> None:
        """Hand the screen to the public, while a visit is open; back with the staff, lock it unless the same person is
        there."""
        from itinerant.errors import UserError  # noqa: PLC0415 - imported when asked for
        from itinerant.tui.screens.self_service import agent, guide  # noqa: PLC0415 - imported when asked for

        app, laptop = self._app, self._app.laptop

        def show(offer: guide.Offer | None) -> None:
            if offer is None:
                next_step = _("Abra la jornada de hoy y vuelva a guardar.")
                app.show_error(UserError(_("No hay una jornada abierta."), next_step=next_step, code="no_visit"))
                return
            app.public = True
            app.push_screen(agent.AgentScreen(offer), left)

        def left(person: str | None) -> None:
            app.public = False
            set_language(app.desk.preferences.language)
            if person != laptop.person:
                app.call_later(app.lock_with, _("El agente automatizado terminó. Entre con su frase."))

        ask(app, lambda: guide.load(laptop), show)

    def cards(self) -> None:
        """Readers and cards."""
        from itinerant.tui.screens.cards import CardsScreen  # noqa: PLC0415 - imported when asked for

        self._app.push_screen(CardsScreen())

    def doctor(self) -> None:
        """The laptop's state."""
        from itinerant.tui.screens.doctor import DoctorScreen  # noqa: PLC0415 - imported when asked for

        self._app.push_screen(DoctorScreen())

    def settings(self) -> None:
        """The preferences."""
        from itinerant.tui.screens import settings  # noqa: PLC0415 - imported when asked for
        from itinerant.tui.tongue import Tongue  # noqa: PLC0415 - imported when asked for

        app, now, drafts = self._app, self._app.desk.preferences, self._app.laptop.drafts

        def show(draft: SavedDraft | None) -> None:
            app.push_screen(settings.SettingsScreen(now, draft), Tongue(app).speak)

        ask(app, lambda: drafts.load(settings.DRAFT), show)

    def check(self, opening: Mapping[str, Value] | None, then: Callable[[str | None], Any]) -> None:
        """The check before opening; `then` is told what it wrote. `opening`: the values of the visit that it opens."""
        from itinerant.tui.screens import readiness  # noqa: PLC0415 - imported when asked for

        app, laptop, desk = self._app, self._app.laptop, self._app.desk
        job = lambda: readiness.prepare(laptop, desk, opening)  # noqa: E731 - handed on
        ask(app, job, lambda prepared: app.push_screen(readiness.ReadinessScreen(prepared), then))
