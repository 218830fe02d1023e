"""The sync with the office: what waits, what is received, why something is not, and how it goes while it runs.

* "Recibido" is what a verified receipt covers, nothing else.
* It runs in a worker; Esc stops it after the parcel that travels, and what was sent stays sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from textual import on
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from itinerant.domain import words
from itinerant.errors import ItinerantError
from itinerant.texts import N_, _, ngettext
from itinerant.tui.actions import bindings
from itinerant.tui.messages import SyncProgress
from itinerant.tui.ports import Standing, SyncReport
from itinerant.tui.screens.page import Page
from itinerant.tui.widgets.figure import Figure
from itinerant.tui.work import ask

_LABEL = 22
_BAR = 40
SKEW_WORTH_SAYING_MS = 60_000

_STATES = {
    "frozen": N_("La oficina tiene esta laptop en observación: siga registrando, nada se pierde, y avise a TI."),
    "revoked": N_("La oficina revocó esta laptop: lo nuevo se guarda aparte. Avise a TI."),
    "lost": N_("La oficina la tiene por perdida: avise que la encontró."),
    "retired": N_("La oficina dio de baja esta laptop: avise a TI antes de seguir."),
}


class SyncScreen(Page[None]):
    """State of the sync, and the key that starts it."""

    TITLE = N_("Sincronizar con la oficina")
    CSS_PATH = "../styles/sync.tcss"
    BINDINGS = bindings("send", "stick", "conflicts")

    def __init__(self) -> None:
        super().__init__()
        self._stop: threading.Event | None = None
        self._then: Callable[[], Any] | None = None

    def body(self) -> Iterable[Widget]:
        yield Horizontal(
            Figure("", "pending"),
            Figure("", "received"),
            Figure("", "review"),
            Button(f"{_('Enviar ahora')}  E", id="send", classes="primary -tall", compact=True),
            id="figures",
        )
        yield Static("", id="progress")
        yield VerticalScroll(Vertical(Static("", id="state"), Static("", id="news")), can_focus=False)

    def on_mount(self) -> None:
        self.query_one("#progress").display = False
        self.query_one("#send", Button).focus()

    def on_screen_resume(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Read the state again."""
        if self.itinerant.unlocked:
            laptop = self.itinerant.laptop
            job = lambda: (laptop.status(), laptop.standing)  # noqa: E731 - handed on
            ask(self, job, lambda found: self._show(*found), group="status", exclusive=True)

    def _show(self, status: Mapping[str, Any], standing: Standing | None) -> None:
        self.itinerant.show_status(status, self.itinerant.names)
        pending, received = int(status["pending"]), int(status["received_upto"])
        review = int(status["quarantined"]) + int(status["conflicts"])
        self.query_one("#pending", Figure).show(pending, _("por enviar"))
        self.query_one("#received", Figure).show(received, ngettext("recibido", "recibidos", received))
        self.query_one("#review", Figure).show(review, _("por revisar"))
        self.query_one("#state", Static).update(Content("\n").join([*self._lines(status), *_aside(standing)]))

    def _lines(self, status: Mapping[str, Any]) -> Iterable[Content]:
        def line(label: str, text: str, style: str = "") -> Content:
            return Content.assemble((label.ljust(_LABEL), "$muted"), (text, style))

        waiting = int(status["pending"])
        if waiting:
            text = ngettext(
                "{n} cambio espera en esta laptop, cifrado. Envíelo cuando tenga señal.",
                "{n} cambios esperan en esta laptop, cifrados. Envíelos cuando tenga señal.",
                waiting,
            )
            yield Content(text.format(n=waiting))
            yield Content(_("Sin señal: la tecla U los lleva en una memoria USB."))
            yield Content("")
        last, following = status.get("last_receipt_at"), status.get("next_try_at")
        yield line(_("Última constancia"), words.moment(last) if last else _("todavía ninguna"))
        yield line(_("Próximo intento"), words.moment(following) if following else _("cuando usted lo pida"))
        yield line(_("Reloj de la laptop"), skew(status.get("clock_skew_ms")))
        if status.get("quarantined"):
            text = ngettext(
                "{n} dato apartado por la oficina", "{n} datos apartados por la oficina", status["quarantined"]
            )
            yield line(_("En revisión"), "! " + text.format(n=status["quarantined"]), "bold $warning")
        if status.get("conflicts"):
            text = ngettext("{n} · D la muestra", "{n} · D las muestra", status["conflicts"])
            yield line(_("Diferencias"), "! " + text.format(n=status["conflicts"]), "bold $warning")
        if status.get("last_error"):
            yield line(_("Último aviso"), "! " + str(status["last_error"]), "$error")

    # While it runs.

    @property
    def running(self) -> bool:
        """Whether a sync is under way."""
        return self._stop is not None

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Start the sync."""
        if self.running:
            return
        self._stop = threading.Event()
        self.query_one("#news", Static).update("")
        self._draw(_("Buscando a la oficina… · Esc detiene"), 0, 0)
        sync, laptop, stop = self.itinerant.sync, self.itinerant.laptop, self._stop

        def progress(done: int, total: int) -> None:
            self.post_message(SyncProgress(done, total))

        def job() -> SyncReport:
            return sync(laptop, progress=progress, cancelled=stop.is_set)

        ask(self, job, self._ended, otherwise=self._failed, group="sync")

    @on(SyncProgress)
    def _travelled(self, event: SyncProgress) -> None:
        if self.running:
            text = _("Enviando {done} de {total} · Esc detiene; lo enviado queda enviado")
            self._draw(text.format(done=event.done, total=event.total), event.done, event.total)

    def _draw(self, text: str, done: int, total: int) -> None:
        full = _BAR * done // total if total else 0
        bar = Content.assemble(("█" * full, "$accent"), ("░" * (_BAR - full), "$muted")) if text else Content("")
        line = self.query_one("#progress", Static)
        line.display = bool(text)
        line.update(Content("\n").join([Content(text), bar]))

    def _ended(self, report: SyncReport) -> None:
        self._stop = None
        if self._then is not None:
            self._then()
            return
        self._draw("", 0, 0)
        if report.stopped:
            text = _("Detenido. Lo enviado queda enviado; lo demás sigue guardado aquí.")
        else:
            sent = ngettext("{n} cambio enviado", "{n} cambios enviados", report.sent).format(n=report.sent)
            got = ngettext("{n} recibido", "{n} recibidos", report.received).format(n=report.received)
            text = _("✓ Al día con la oficina: {sent}, {got}.").format(sent=sent, got=got)
        self.query_one("#news", Static).update(Content.styled(text, "bold $success"))
        self.reload()
        self.itinerant.routes.news()

    def _failed(self, error: ItinerantError) -> None:
        self._stop = None
        if self._then is not None:
            self._then()
            return
        self._draw("", 0, 0)
        self.reload()
        self.itinerant.show_error(error)

    def put_away(self, then: Callable[[], Any]) -> None:
        if self._stop is None:
            then()
        else:
            self._then = then
            self._stop.set()

    def action_back(self) -> None:
        """Stop the sync that runs, or go back."""
        if self._stop is not None:
            self._stop.set()
            self._draw(_("Deteniendo después del envío en curso…"), 0, 0)
        else:
            self.dismiss(None)

    def action_stick(self) -> None:
        """Go to the stick."""
        self.itinerant.open_stick()

    def action_conflicts(self) -> None:
        """Go to the conflicts."""
        self.itinerant.open_conflicts()


def _aside(standing: Standing | None) -> Iterable[Content]:
    """What the office keeps aside and why, and how it looks upon this laptop when that is not as usual."""
    if standing is None:
        return
    if standing.state in _STATES:
        yield Content("")
        yield Content.styled("! " + _(_STATES[standing.state]), "bold $warning")
    if standing.quarantined:
        yield Content("")
        yield Content.styled(
            _("Apartado por la oficina: está guardado, y no cuenta hasta que se revise"), "bold $accent"
        )
    for item in standing.quarantined:
        yield Content.assemble((item.ref.ljust(_LABEL), "bold"), item.sentence)


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
