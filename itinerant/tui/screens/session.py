"""A new session: the stopwatch starts when the form opens, and goes on after a crash.

* What a table asks for every time is in sight; the rest is folded away with its usual value.
* The language, the channel, the terminal and the connection stay as in the session before: they seldom change at one
  table in one day.
* The duration is the stopwatch's, unless one writes another; it comes from a monotonic clock. After a crash the time
  between comes from the laptop's clock, if it is believable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from textual import on
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import words
from itinerant.domain.fields import Value
from itinerant.domain.session import DAY_S, RESOLVED, SESSION
from itinerant.texts import N_, _
from itinerant.tui import services as catalogue
from itinerant.tui.actions import bindings
from itinerant.tui.day import DRAFT
from itinerant.tui.drafts import DraftKeeper
from itinerant.tui.ports import SavedDraft, Services
from itinerant.tui.screens.form_page import FormPage, presentable
from itinerant.tui.screens.question import Question
from itinerant.tui.widgets.form import Form
from itinerant.tui.widgets.stopwatch import Stopwatch
from itinerant.tui.work import ask

if TYPE_CHECKING:
    from itinerant.tui.ports_card import CardCheck

ASKED = ("service", "outcome", "cause", "age_band", "sex", "language", "note")
FOLDED = (
    "access",
    "mode",
    "channel",
    "segment",
    "card",
    "card_code",
    "connectivity",
    "waiting_s",
    "duration_s",
    "fee_cents",
    "satisfaction",
    "terminal",
)
STICKY = ("language", "channel", "connectivity", "terminal")
"""Fields that start as in the session before."""

RELEVANT = {
    "cause": lambda values: values.get("outcome") not in (None, RESOLVED),
    "card_code": lambda values: values.get("card") == "failed",
}

_BELIEVABLE_GAP_S = 2 * 3600
"""A longer time between the crash and now is a pause or a wrong clock, not attention."""


def session_form(services: Services) -> Form:
    """The form of a session, for a new one and for a correction."""
    title = _("Elija con un número, o escriba para buscar")
    options = {"service": catalogue.options(services, title)}
    return Form(SESSION, ASKED, details=FOLDED, options=options, relevant=RELEVANT)


class SessionScreen(FormPage):
    """Writes a session of `visit`. `draft` is what an earlier screen left."""

    TITLE = N_("Nueva atención")
    SAVE = N_("Guardar")
    BINDINGS = bindings("discard", "check_card")

    def __init__(self, visit: str, services: Services, usual: Mapping[str, Value], draft: SavedDraft | None) -> None:
        super().__init__(SESSION)
        self._visit = visit
        self._services = services
        self._usual = usual
        self._draft = draft
        self._started_at = 0
        self._elapsed_before = 0
        self._since = 0.0

    def make_form(self) -> Form:
        return session_form(self._services)

    def top(self) -> Iterable[Widget]:
        if self._draft:
            started = words.clock(_integer(self._draft.values.get("started_at")))
            notice = _("Continúa la atención empezada a las {time} · Ctrl+X la descarta").format(time=started)
            yield Static(notice, classes="notice")

    def beside_the_button(self) -> Iterable[Widget]:
        yield Stopwatch(self.elapsed_s)

    def on_mount(self) -> None:
        app = self.itinerant
        self._since = app.monotonic()
        self._started_at = app.now_ms()
        self.keeper = DraftKeeper(self, app.laptop.drafts, DRAFT, self._snapshot)
        self.form.put({**self.form.defaults(), **self._usual})
        if self._draft:
            self._restore(self._draft)
        else:
            self.keeper.touch()

    def _restore(self, draft: SavedDraft) -> None:
        self._started_at = _integer(draft.values.get("started_at")) or self._started_at
        self._elapsed_before = _integer(draft.values.get("elapsed_s"))
        self._elapsed_before += believable_s(self.itinerant.now_ms() - draft.at)
        kept = draft.values.get("values")
        if isinstance(kept, Mapping):
            self.form.put(kept)

    def elapsed_s(self) -> int:
        """Whole seconds that the attention has taken so far, within what a record may hold."""
        return min(DAY_S, self._elapsed_before + int(self.itinerant.monotonic() - self._since))

    def _snapshot(self) -> dict[str, Any]:
        return {
            "values": presentable(SESSION, self.form.values()),
            "started_at": self._started_at,
            "elapsed_s": self.elapsed_s(),
            "visit": self._visit,
        }

    @on(Form.Changed)
    def _service_brings_its_access(self, event: Form.Changed) -> None:
        service = self._services.get(str(self.form.rows["service"].value)) if event.name == "service" else None
        if service is not None and service.record.values.get("access"):
            self.form.put({"access": service.record.values["access"]})

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        return {
            "duration_s": self.elapsed_s(),
            "access": "other",  # a code that is not in the catalogue says nothing of its access
            **values,
            "started_at": self._started_at,
            "visit": self._visit,
        }

    def write(self, values: Mapping[str, Value]) -> Callable[[], str]:
        laptop = self.itinerant.laptop
        self.itinerant.usual = {name: values[name] for name in STICKY if name in values}

        def job() -> str:
            ref = laptop.add("session", values)
            laptop.drafts.discard(DRAFT)  # a crash before this is seen by `day.unfinished`
            return ref

        return job

    def action_check_card(self) -> None:
        """Check the person's card; what comes out goes into the form."""
        from itinerant.tui.screens.pin import CheckDialog  # noqa: PLC0415 - imported when a card is used

        self.app.push_screen(CheckDialog(self._card_checked))

    def _card_checked(self, done: CardCheck) -> None:
        self.form.put({"card": done.card, "card_code": done.code or None})
        if self.keeper is not None:
            self.keeper.touch()
        self.itinerant.good_news(_("✓ Anotado en la atención: {words}").format(words=done.words))

    def action_discard(self) -> None:
        """Forget this attention, after asking."""
        question = Question(
            _("¿Descartar esta atención?"),
            _("Se borra el borrador y su cronómetro. No se registra nada."),
            [("no", _("Seguir con la atención")), ("yes", _("Descartar"))],
        )
        self.app.push_screen(question, self._discard)

    def _discard(self, answer: str | None) -> None:
        if answer != "yes" or self.keeper is None:
            return
        drafts = self.itinerant.laptop.drafts
        gone: Callable[[None], Any] = lambda _nothing: self.dismiss(None)  # noqa: E731 - handed on
        self.keeper.settle(lambda: ask(self, lambda: drafts.discard(DRAFT), gone))


def believable_s(gap_ms: int) -> int:
    """The seconds of attention in the time since a draft was kept, by the laptop's clock (ms): all, or none when the
    time is too long or runs backwards."""
    gap = gap_ms // 1000
    return gap if 0 <= gap <= _BELIEVABLE_GAP_S else 0


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0
