"""Today's visit: how the day goes in big figures, where it goes in bars, and the list of what was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from itinerant.domain import words
from itinerant.domain.operations import READINESS
from itinerant.domain.session import RESOLVED, SESSION
from itinerant.texts import N_, _, ngettext
from itinerant.tui import day
from itinerant.tui import services as catalogue
from itinerant.tui.actions import bindings
from itinerant.tui.ports import Row, SavedDraft
from itinerant.tui.screens import device_state
from itinerant.tui.screens.page import Page
from itinerant.tui.screens.question import Question
from itinerant.tui.widgets.bars import Bars
from itinerant.tui.widgets.figure import Figure
from itinerant.tui.widgets.record_table import Column, RecordTable
from itinerant.tui.widgets.status_bar import StatusBar
from itinerant.tui.work import ask

_OUTCOME = SESSION.by_name["outcome"]


class VisitScreen(Page[None]):
    """The centre of the day: everything starts here and comes back here."""

    TITLE = N_("Jornada de hoy")
    CSS_PATH = "../styles/visit.tcss"
    BINDINGS = bindings(
        "new_session",
        "open_visit",
        "open_record",
        "sync",
        "places",
        "close_visit",
        "filter",
        "conflicts",
        "stick",
        "device_state",
        "new_incident",
        "verify",
        "report",
        "undo",
    )

    def __init__(self, *, offer: bool = True) -> None:
        """`offer`: ask whether to go on with what a crash or a lock left."""
        super().__init__()
        self._day: day.Day | None = None
        self._offered = not offer
        self._text = ""

    def body(self) -> Iterable[Widget]:
        self._table: RecordTable[Row] = RecordTable(self._columns(), empty=_("Todavía no hay atenciones."))
        yield Static("", id="condition", classes="notice")
        yield Vertical(
            Static("", id="welcome-title", classes="title"),
            Static("", id="welcome", classes="prose"),
            Button(f"{_('Abrir la jornada')}  A", id="open", classes="primary"),
            id="closed",
        )
        yield Vertical(
            Horizontal(
                Figure("", "total"),
                Figure("", "resolved"),
                Figure("", "minutes"),
                Button(f"{_('Nueva atención')}  N", id="new", classes="primary -tall"),
                id="figures",
            ),
            Static("", id="unfinished", classes="notice"),
            Static("", id="check", classes="notice"),
            Horizontal(Bars(N_("Por servicio")), Bars(N_("Por resultado")), id="bars"),
            Input(placeholder=_("Buscar en la lista"), id="filter", validate_on=()),
            self._table,
            id="day",
        )

    def _columns(self) -> list[Column[Row]]:
        return [
            Column(_("Hora"), 5, lambda row: words.clock(_number(row, "started_at"))),
            Column(_("Servicio"), 0, self._label),
            Column(_("Resultado"), 17, _outcome),
            Column(_("Duración"), 10, lambda row: words.duration(_number(row, "duration_s")), muted=True),
            Column(_("Envío"), 13, self._sent, muted=True),
        ]

    def _label(self, row: Row) -> str:
        code = row.values.get("service")
        return catalogue.label(self._day.services, code) if self._day else str(code)

    def _sent(self, row: Row) -> str:
        return _(day.sent(row, self._day)) if self._day else ""

    def on_mount(self) -> None:
        self.query_one("#condition").display = False
        self.query_one("#filter").display = False
        self.query_one("#day").display = False
        self.query_one("#closed").display = False

    def on_screen_resume(self) -> None:
        self.reload()

    def action_device_state(self) -> None:
        """Go to what is the matter with this laptop."""
        self.itinerant.push_screen(device_state.DeviceStateScreen())

    def reload(self) -> None:
        """Read the day again."""
        if not self.itinerant.unlocked:
            return  # the screens above are being closed by a lock
        device_state.warn(self, self.query_one("#condition", Static))
        laptop, text = self.itinerant.laptop, self._text
        ask(self, lambda: day.load(laptop, text), lambda now: self._show(now, text), group="day", exclusive=True)

    def _show(self, now: day.Day, text: str) -> None:
        """Show the day, which was read while `text` was in the filter."""
        self._day = now
        self.itinerant.show_status(now.status, now.names)
        self.query_one("#day").display = now.visit is not None
        self.query_one("#closed").display = now.visit is None
        if now.visit is None:
            self._show_welcome()
        else:
            self._show_day(now, now.visit)
            if text == self._text:
                self._table.show(now.sessions, more=now.more, keep=lambda row: row.record)
        self.refresh_bindings()
        self._offer_draft(now)
        if now.status.get("notices"):  # a sync that nobody watched, or a stick, brought them
            self.itinerant.routes.news()

    def _show_welcome(self) -> None:
        laptop = self.itinerant.laptop
        name = self.itinerant.names.get(laptop.person, laptop.person)
        self.query_one(StatusBar).retitle(_("Sin jornada abierta"))
        self.query_one("#welcome-title", Static).update(_("Buen día, {name}").format(name=name))
        text = _("Para registrar atenciones, primero abra la jornada: diga dónde atiende hoy la brigada.")
        self.query_one("#welcome", Static).update(text)
        self.query_one("#open", Button).focus()

    def _show_day(self, now: day.Day, visit: Row) -> None:
        place, opened = visit.values.get("place") or "", _number(visit, "opened_at")
        title = _("{place} · jornada desde las {time}").format(place=place, time=words.clock(opened))
        self.query_one(StatusBar).retitle(title)
        counters = now.counters
        total = counters.total if counters else 0
        resolved = counters.by_outcome.get(RESOLVED, 0) if counters else 0
        average = round(counters.seconds / total / 60) if counters and total else 0
        self.query_one("#total", Figure).show(total, ngettext("atención", "atenciones", total))
        self.query_one("#resolved", Figure).show(resolved, ngettext("resuelta", "resueltas", resolved))
        self.query_one("#minutes", Figure).show(average, _("min por atención"))
        services, outcomes = self.query(Bars)
        by_service = counters.by_service if counters else {}
        by_outcome = counters.by_outcome if counters else {}
        services.show([(catalogue.label(now.services, code), count) for code, count in _longest_first(by_service)])
        outcomes.show([(_OUTCOME.label_of(code), count) for code, count in _longest_first(by_outcome)])
        self._show_unfinished(now)
        self._show_check(now)
        if self.focused is None or self.focused.id == "open":
            self._table.focus()

    def _show_unfinished(self, now: day.Day) -> None:
        line = self.query_one("#unfinished", Static)
        line.display = now.draft is not None
        if now.draft is not None:
            line.update(
                _("! N continúa la atención de las {time}").format(time=_started(now.draft)) + _service(now, now.draft)
            )

    def _show_check(self, now: day.Day) -> None:
        """What the check before opening left to be mended stays in sight; one that found nothing says nothing."""
        values = now.check.values if now.check else {}
        line = self.query_one("#check", Static)
        line.display = values.get("verdict") != "ready"
        if not values:
            line.update(_("! Jornada sin verificar · V la verifica"))
            return
        parts = (READINESS.by_name["verdict"].label_of(values.get("verdict")), str(values.get("note") or ""))
        line.update("! " + ": ".join(part for part in parts if part))

    def _offer_draft(self, now: day.Day) -> None:
        """Once after each unlock: what a crash or a lock left."""
        if self._offered:
            return
        self._offered = True
        if now.draft is None or now.visit is None:
            return
        started = _started(now.draft)
        question = Question(
            _("Quedó una atención sin terminar"),
            _("El programa se cerró antes de guardarla{service}.").format(service=_service(now, now.draft)),
            [("go", _("Continuar la atención empezada a las {time}").format(time=started)), ("later", _("Más tarde"))],
        )
        self.app.push_screen(question, lambda answer: self.action_new_session() if answer == "go" else None)

    # Actions.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        is_open = self._day is not None and self._day.visit is not None
        if action in ("new_session", "open_record", "close_visit", "filter"):
            return is_open
        if action == "open_visit":
            return self._day is not None and not is_open
        if action == "back":
            return self._text != "" or self.query_one("#filter").display if self.is_mounted else False
        return super().check_action(action, parameters)

    def action_new_session(self) -> None:
        """Open the form of a session, with the draft if there is one."""
        if self._day is None or self._day.visit is None:
            return
        from itinerant.tui.screens.session import SessionScreen  # noqa: PLC0415 - imported behind the unlock screen

        now, visit = self._day, self._day.visit.record
        screen = SessionScreen(visit, now.services, self.itinerant.usual, now.draft)
        self._day = replace(now, draft=None)  # once: it is read again whenever this screen comes back
        self.app.push_screen(screen, self.itinerant.told_saved)

    def action_open_visit(self) -> None:
        """Ask where the brigade works today."""
        self.itinerant.routes.open_visit()

    def action_close_visit(self) -> None:
        """Close the visit, after asking."""
        visit = self._day.visit if self._day else None
        if visit is None:
            return
        question = Question(
            _("¿Cerrar la jornada?"),
            _("Sus totales quedan en el acta. Para seguir atendiendo habrá que abrir otra."),
            [("no", _("Seguir atendiendo")), ("yes", _("Cerrar la jornada"))],
        )
        self.app.push_screen(question, lambda answer: self._close(visit) if answer == "yes" else None)

    def _close(self, visit: Row) -> None:
        laptop, now = self.itinerant.laptop, self.itinerant.now_ms()
        ask(self, lambda: laptop.close_visit(visit.record, now), lambda _ref: self._show_acta(visit))

    def _show_acta(self, visit: Row) -> None:
        self.reload()
        self.itinerant.routes.acta(visit.record)

    def action_verify(self) -> None:
        """Check equipment and norms for the open visit."""
        self.itinerant.routes.check(None, self.itinerant.told_saved)

    def action_report(self) -> None:
        """The visit in figures."""
        self.itinerant.routes.reports()

    def action_undo(self) -> None:
        """Take back what was saved last."""
        self.itinerant.undo(self.reload)

    def action_sync(self) -> None:
        """Go to the sync."""
        self.itinerant.routes.sync()

    def action_stick(self) -> None:
        """Go to the sync by stick."""
        self.itinerant.routes.stick()

    def action_places(self) -> None:
        """Go to the day's menu."""
        self.itinerant.routes.menu()

    def action_new_incident(self) -> None:
        """Write down what failed."""
        self.itinerant.routes.new("incident")

    def action_conflicts(self) -> None:
        """Go to the conflicts."""
        self.itinerant.routes.conflicts()

    @on(RecordTable.Opened)
    def action_open_record(self) -> None:
        """Open the marked session."""
        row = self._table.marked
        if row is not None and self._day is not None:
            self.itinerant.routes.record(row.record, SESSION)

    @on(RecordTable.MoreWanted)
    def _more(self) -> None:
        visit = self._day.visit if self._day else None
        if visit is not None and self._table.rows:
            laptop, text, last = self.itinerant.laptop, self._text, self._table.rows[-1].n
            job: Callable[[], Sequence[Row]] = lambda: day.page(laptop, visit.record, text, last)  # noqa: E731 - handed on
            ask(self, job, lambda rows: self._table.append(rows[: day.PAGE], more=len(rows) > day.PAGE))

    def action_filter(self) -> None:
        """Write a word to look for in the list."""
        line = self.query_one("#filter", Input)
        line.display = True
        line.focus()
        self.refresh_bindings()

    def action_back(self) -> None:
        """Leave the filter."""
        line = self.query_one("#filter", Input)
        line.value, line.display = "", False
        self._table.focus()
        self.refresh_bindings()

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        text, visit = event.value.strip(), self._day.visit if self._day else None
        if text == self._text:
            return
        self._text = text
        if visit is not None:  # the rest of the screen does not depend on it: a letter costs its page alone
            laptop = self.itinerant.laptop
            job: Callable[[], Sequence[Row]] = lambda: day.page(laptop, visit.record, text)  # noqa: E731 - handed on
            ask(self, job, self._list, group="list", exclusive=True)

    def _list(self, rows: Sequence[Row]) -> None:
        self._table.show(rows[: day.PAGE], more=len(rows) > day.PAGE, keep=lambda row: row.record)

    @on(Input.Submitted, "#filter")
    def _to_the_list(self) -> None:
        self._table.focus()

    @on(Button.Pressed, "#new")
    def _new_pressed(self) -> None:
        self.action_new_session()

    @on(Button.Pressed, "#open")
    def _open_pressed(self) -> None:
        self.action_open_visit()


def _started(draft: SavedDraft) -> str:
    return words.clock(int(draft.values.get("started_at") or 0))


def _service(now: day.Day, draft: SavedDraft) -> str:
    service = (draft.values.get("values") or {}).get("service")
    return f" ({catalogue.label(now.services, service)})" if service else ""


def _outcome(row: Row) -> str:
    return _("Anulada") if row.void else _OUTCOME.label_of(row.values.get("outcome"))


def _number(row: Row, name: str) -> int:
    value = row.values.get(name)
    return value if isinstance(value, int) else 0


def _longest_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
