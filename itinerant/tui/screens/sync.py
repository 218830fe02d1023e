"""The sync centre: what waits, what came, what was set aside, how the link is, and how it goes while it runs.

* "Recibido" is what a verified receipt covers, nothing else.
* The sync itself is the app's (`tui/background.py`): this screen shows it, starts it and stops it. Esc stops it at
  once, in the middle of a parcel too; what a receipt covers stays sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from textual import on
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from itinerant.domain import synced, words
from itinerant.domain.synced import Entry
from itinerant.errors import ItinerantError
from itinerant.texts import N_, _, ngettext
from itinerant.tui.actions import bindings
from itinerant.tui.ports import Laptop, Standing
from itinerant.tui.ports_sync import Forecast, Sync, SyncReport, Waiting
from itinerant.tui.screens.page import Page
from itinerant.tui.screens.sync_boxes import BoxScreen, aside, inbox, outbox, tries
from itinerant.tui.widgets.figure import Figure
from itinerant.tui.work import ask

_LABEL = 20
_BAR = 40
_CAPS = (0, 1_000_000, 5_000_000, 20_000_000)
_SHOWN_TRIES = 4
SKEW_WORTH_SAYING_MS = 60_000

_LINKS = {
    "online": N_("En línea: lo que guarde se envía solo en un minuto."),
    "offline": N_("Sin red: la oficina se busca sola; siga registrando."),
    "off": N_("El envío automático está apagado: A lo enciende."),
    "capped": N_("Se alcanzó el tope de datos de hoy: T lo cambia, E envía igual."),
    "trouble": N_("! El último intento necesita a una persona: L dice por qué."),
}


@dataclass(frozen=True)
class State:
    """Everything that the screen shows, read at once."""

    status: Mapping[str, Any]
    standing: Standing | None
    waiting: Sequence[Waiting]
    arrived: int
    would: Forecast | None
    today: int
    settings: Any
    tries: Sequence[Entry]


class SyncScreen(Page[None]):
    """State of the sync, and the keys that start, stop and bound it."""

    TITLE = N_("Sincronizar con la oficina")
    CSS_PATH = "../styles/sync.tcss"
    BINDINGS = bindings("send", "outbox", "inbox", "set_aside", "sync_log", "stick", "automatic", "cap", "conflicts")

    def __init__(self) -> None:
        super().__init__(id="sync-centre")
        self._would: Forecast | None = None
        self._weighed = -1

    @property
    def running(self) -> bool:
        """Whether a sync that a person asked for is under way."""
        return self.itinerant.background.by_hand

    def body(self) -> Iterable[Widget]:
        yield Horizontal(
            Figure("", "pending"),
            Figure("", "received"),
            Figure("", "arrived"),
            Figure("", "review"),
            Button(f"{_('Enviar ahora')}  E", id="send", classes="primary -tall"),
            id="figures",
        )
        yield Static("", id="link")
        yield Static("", id="progress")
        yield VerticalScroll(Vertical(Static("", id="news"), Static("", id="state")))

    def on_mount(self) -> None:
        self.query_one("#send", Button).focus()
        self.draw()

    def on_screen_resume(self) -> None:
        self.reload()

    # What is shown.

    def reload(self) -> None:
        """Read the state again."""
        if self.itinerant.unlocked:
            laptop, sync = self.itinerant.laptop, self.itinerant.sync
            ask(self, lambda: self._read(laptop, sync), self._show, group="status", exclusive=True)

    def _read(self, laptop: Laptop, sync: Sync) -> State:
        status = laptop.status()
        busy = self.itinerant.background.moving  # making parcels would slow those that travel
        if not busy and status["pending"] != self._weighed:
            self._would, self._weighed = sync.forecast(laptop), status["pending"]
        mail, log = laptop.mailbox, laptop.tries
        waiting = mail.waiting() if status["pending"] else []
        would = self._would if status["pending"] == self._weighed else None
        latest = log.latest(_SHOWN_TRIES)
        return State(status, laptop.standing, waiting, mail.arrived(), would, log.today.total, log.settings, latest)

    def _show(self, state: State) -> None:
        status = state.status
        self.itinerant.show_status(status, self.itinerant.names)
        pending, received = int(status["pending"]), int(status["received_upto"])
        review = int(status["quarantined"]) + int(status["conflicts"])
        self.query_one("#pending", Figure).show(pending, _("por enviar"))
        self.query_one("#received", Figure).show(received, ngettext("recibido", "recibidos", received))
        self.query_one("#arrived", Figure).show(state.arrived, ngettext("traído", "traídos", state.arrived))
        self.query_one("#review", Figure).show(review, _("por revisar"))
        parts = [*aside(state.standing, brief=True), *self._lines(state), *self._latest(state.tries)]
        self.query_one("#state", Static).update(Content("\n").join(parts))
        self.draw()

    def _lines(self, state: State) -> Iterable[Content]:
        def line(label: str, text: str, style: str = "") -> Content:
            return Content.assemble((label.ljust(_LABEL), "$muted"), (text, style))

        status, waiting = state.status, int(state.status["pending"])
        if waiting:
            text = ngettext(
                "{n} cambio espera en esta laptop, cifrado.",
                "{n} cambios esperan en esta laptop, cifrados.",
                waiting,
            )
            what = ", ".join(synced.of_kind(one.kind, one.new, one.count) for one in state.waiting[:4])
            yield Content(text.format(n=waiting))
            yield line(_("Por enviar"), what + " · P")
        if waiting and state.would is not None:
            would = state.would
            told = synced.foreseen(would.sessions, would.changes - would.sessions, would.size, would.seconds)
            yield line(_("Viajarían"), told)
        last, following, speed = status.get("last_receipt_at"), status.get("next_try_at"), status.get("bytes_per_s")
        yield line(_("Última constancia"), words.moment(last) if last else _("todavía ninguna"))
        yield line(_("Próximo intento"), self._next(state, following))
        yield line(_("Velocidad"), _("{size} por segundo").format(size=synced.size(speed)) if speed else _("sin medir"))
        cap = state.settings.daily_cap
        used = _("{used} de {cap}").format(used=synced.size(state.today), cap=synced.size(cap)) if cap else None
        yield line(_("Datos de hoy"), used or _("{used}, sin tope").format(used=synced.size(state.today)))
        yield line(_("Reloj de la laptop"), skew(status.get("clock_skew_ms")))
        if status.get("quarantined"):
            count = status["quarantined"]
            text = ngettext("{n} dato apartado por la oficina", "{n} datos apartados por la oficina", count)
            yield line(_("En revisión"), "! " + text.format(n=count) + " · Q", "bold $warning")
        if status.get("conflicts"):
            text = ngettext("{n} · D la muestra", "{n} · D las muestra", status["conflicts"])
            yield line(_("Diferencias"), "! " + text.format(n=status["conflicts"]), "bold $warning")
        if status.get("last_error"):
            yield line(_("Último aviso"), "! " + str(status["last_error"]), "$error")

    def _next(self, state: State, at: int | None) -> str:
        if at:
            return words.moment(at)
        if state.settings.automatic and state.settings.daily_cap and state.today >= state.settings.daily_cap:
            return _("mañana, o cuando usted lo pida")
        return _("solo, cuando haya red") if state.settings.automatic else _("cuando usted lo pida")

    def _latest(self, entries: Sequence[Entry]) -> Iterable[Content]:
        if entries:
            yield Content("")
            yield Content.styled(_("Bitácora"), "bold $accent")
        for entry in entries:
            yield Content(synced.told(entry))

    def draw(self) -> None:
        """Show how the link is and how the sync goes."""
        background = self.itinerant.background
        self.query_one("#link", Static).update(_(_LINKS.get(background.link, "")) if background.link else "")
        line = self.query_one("#progress", Static)
        line.display = background.moving
        if background.moving:
            done, total = background.done, background.total
            if background.stopping:
                text = _("Deteniendo…")
            elif total:
                text = _("Enviando {done} de {total} · Esc detiene; lo enviado queda enviado")
                text = text.format(done=done, total=total)
            else:
                text = _("Buscando a la oficina… · Esc detiene")
            full = _BAR * done // total if total else 0
            bar = Content.assemble(("█" * full, "$accent"), ("░" * (_BAR - full), "$muted"))
            line.update(Content("\n").join([Content(text), bar]))

    # What can be done.

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Start the sync."""
        self.query_one("#news", Static).update("")
        self.itinerant.background.send()

    def ended(self, report: SyncReport) -> None:
        """The sync that was asked for is over."""
        if report.stopped:
            text = _("Detenido. Lo enviado queda enviado; lo demás sigue guardado aquí.")
        else:
            sent = ngettext("{n} cambio enviado", "{n} cambios enviados", report.sent).format(n=report.sent)
            got = ngettext("{n} recibido", "{n} recibidos", report.received).format(n=report.received)
            text = _("✓ Al día con la oficina: {sent}, {got}.").format(sent=sent, got=got)
        self.query_one("#news", Static).update(Content.styled(text, "bold $success"))
        self.draw()
        self.reload()
        self.itinerant.routes.news()

    def failed(self, error: ItinerantError) -> None:
        """It did not come to its end."""
        self.draw()
        self.reload()
        if error.code == "tls_clock":
            self._offer_office_time(error)
        else:
            self.itinerant.show_error(error)

    def _offer_office_time(self, error: ItinerantError) -> None:
        from itinerant.tui.screens.question import Question  # noqa: PLC0415 - imported when asked for

        def answered(answer: str | None) -> None:
            if answer == "office":
                self.itinerant.background.send(office_time=True)

        answers = [("no", _("Ahora no: corregiré la fecha")), ("office", _("Enviar con la hora de la oficina"))]
        text = f"{error.sentence} {error.safe}"
        self.app.push_screen(Question(_("El reloj de la laptop está mal"), text, answers), answered)

    def action_back(self) -> None:
        """Stop the sync that runs, or go back."""
        if self.itinerant.background.moving:
            self.itinerant.background.stop()
        else:
            self.dismiss(None)

    def action_automatic(self) -> None:
        """Switch the sync that runs by itself on or off."""
        self._settle(lambda settings: replace(settings, automatic=not settings.automatic))

    def action_cap(self) -> None:
        """Choose how much data a day it may use."""
        from itinerant.tui.screens.question import Question  # noqa: PLC0415 - imported when asked for

        def answered(answer: str | None) -> None:
            if answer is not None:
                self._settle(lambda settings: replace(settings, daily_cap=int(answer)))

        answers = [(str(cap), synced.size(cap) if cap else _("Sin tope")) for cap in _CAPS]
        text = _("Cuántos datos puede gastar al día lo que se envía solo. Lo que usted envía con E no tiene tope.")
        self.app.push_screen(Question(_("Tope de datos del día"), text, answers), answered)

    def _settle(self, change: Any) -> None:
        log = self.itinerant.laptop.tries

        def job() -> None:
            log.settings = change(log.settings)

        def settled(_nothing: None) -> None:
            self.itinerant.background.look_now()
            self.reload()

        ask(self, job, settled)

    def action_outbox(self) -> None:
        """Show what waits."""
        self.app.push_screen(BoxScreen(_("Por enviar"), outbox))

    def action_inbox(self) -> None:
        """Show what others wrote and came here."""
        self.app.push_screen(BoxScreen(_("Traídos de la oficina y de otras laptops"), inbox))

    def action_set_aside(self) -> None:
        """Show what the office set aside, and why."""
        self.app.push_screen(BoxScreen(_("Apartados por la oficina"), lambda laptop: list(aside(laptop.standing))))

    def action_sync_log(self) -> None:
        """Show what every try came to."""
        self.app.push_screen(BoxScreen(_("Bitácora de envíos"), tries))

    def action_stick(self) -> None:
        """Go to the stick."""
        self.itinerant.routes.stick()

    def action_conflicts(self) -> None:
        """Go to the conflicts."""
        self.itinerant.routes.conflicts()


def skew(ms: int | None) -> str:
    """How the laptop's clock stands against the office's. Positive: it is ahead."""
    if ms is None:
        return _("sin comparar todavía")
    if abs(ms) < SKEW_WORTH_SAYING_MS:
        return _("✓ coincide con la oficina")
    amount = _days_or_less(abs(ms) // 1000)
    text = _("! adelantado {amount}") if ms > 0 else _("! atrasado {amount}")
    return text.format(amount=amount) + " " + _("(no altera sus datos)")


def _days_or_less(seconds: int) -> str:
    days = seconds // 86_400
    return ngettext("{n} día", "{n} días", days).format(n=days) if days else words.duration(seconds)
