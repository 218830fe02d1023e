"""The automated agent: the laptop on a table, for the public, alone. Choose an entity, a service, and read the steps.

* Nobody types here: everything is chosen. What is kept of a visitor is one attention without any name.
* When nobody touches it for a while it forgets who was there and starts anew.
* No key leads out but the staff's, and that one asks for a passphrase; `ItinerantApp.public` shuts the app's own keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from itinerant.domain.session import RESOLVED
from itinerant.texts import N_, _, language, set_language
from itinerant.tui.actions import bindings
from itinerant.tui.screens.self_service import guide
from itinerant.tui.screens.self_service.leave import LeaveDialog
from itinerant.tui.widgets.key_bar import KeyBar
from itinerant.tui.work import ask

if TYPE_CHECKING:
    from itinerant.tui.app import ItinerantApp

PATIENCE_S = 90
"""Seconds without a key or a touch until it forgets the visitor."""

WARNING_S = 20
"""Seconds before that in which it says so."""

_TONGUES = (("es", "Castellano"), ("quz", "Runasimi"))
_SPACED = 4
"""Steps that fit with air between them."""

_WAY = ("languages", "entities", "services", "steps")
_ENDINGS = ((RESOLVED, N_("Ya está: pude hacerlo")), ("partial", N_("Pude en parte")), ("not_possible", N_("No pude")))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a visitor is: one of `_WAY` or `end`, what was chosen, and when it was begun."""

    place: str = "languages"
    entity: str = ""
    service: str = ""
    started_at: int = 0
    began: float = 0.0


class AgentScreen(Screen[str]):
    """Runs until the staff ends it; answers with the code of the person who did."""

    CSS_PATH = "../../styles/self_service.tcss"
    AUTO_FOCUS = "#choices"
    BINDINGS = bindings("agent_back", "agent_tongue", "agent_help", "agent_voice", "agent_leave")

    def __init__(self, offer: guide.Offer) -> None:
        super().__init__()
        self._offer = offer
        self._visitor = Visitor()
        self._asked = False
        self._aloud = False
        self._note = ""

    @property
    def itinerant(self) -> ItinerantApp:
        """The app, with its own type."""
        return cast("ItinerantApp", self.app)

    def compose(self) -> ComposeResult:
        yield Static("", id="banner", markup=False)
        yield Static("", id="heading", markup=False)
        yield VerticalScroll(Static("", id="words", markup=False), id="reading", can_focus=False)
        yield OptionList(id="choices", markup=False)
        yield Static("", id="note", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self._touched = self.itinerant.monotonic()
        self.set_interval(1.0, self.tick)
        self._draw()

    # Where the visitor is.

    def _go(self, place: str, **chosen: str) -> None:
        now = self._visitor
        entity, service = chosen.get("entity", now.entity), chosen.get("service", now.service)
        if place == "steps":
            self._visitor = Visitor(place, entity, service, self.itinerant.now_ms(), self.itinerant.monotonic())
        else:
            self._visitor = Visitor(place, entity)
        self._note = ""
        self._draw()

    def _forget(self) -> None:
        """Wipe what the visitor chose, and start anew in the language of the laptop."""
        self.itinerant.outlets.hush()
        set_language(self.itinerant.desk.preferences.language)
        self._visitor, self._asked, self._aloud, self._note = Visitor(), False, False, ""
        self._draw()

    def tick(self) -> None:
        """Once a second: whoever left is forgotten, after a warning."""
        left = PATIENCE_S - (self.itinerant.monotonic() - self._touched)
        if self._visitor == Visitor() and language() == self.itinerant.desk.preferences.language:
            return
        if left <= 0:
            if self._visitor.place == "steps":
                self._log("not_possible", "left")
            self._forget()
        elif left <= WARNING_S:
            self._tell(_("¿Sigue ahí? Toque una tecla, o esto vuelve al inicio."))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.MouseDown):
            self._touched = self.itinerant.monotonic()
            if self.is_mounted:
                self._tell(self._note)
        await super().on_event(event)

    # What is seen.

    def _draw(self) -> None:
        heading, words, choices = getattr(self, f"_{self._visitor.place}")()
        self.query_one("#heading", Static).update(heading)
        self.query_one("#words", Static).update(words)
        self.query_one("#reading").display = bool(words)
        box = self.query_one(OptionList)
        box.clear_options()
        few = self._visitor.place == "steps"  # there the words need the room
        box.set_class(few, "-few")
        box.add_options([Option(f"  {label}" if few else f"\n  {label}\n", id=name) for name, label in choices])
        box.highlighted = 0
        box.focus()
        banner = self.query_one("#banner", Static)
        banner.update(_("! UNA PERSONA PIDE AYUDA EN ESTE EQUIPO"))
        banner.display = self._asked
        self._tell(self._note)
        self.refresh_bindings()
        self.query_one(KeyBar).look()
        if self._aloud:
            outlets, text, tongue = self.itinerant.outlets, f"{heading}.\n{words}", language()
            ask(self, lambda: outlets.say(text, tongue), lambda _nothing: None, otherwise=lambda _error: None)

    def _tell(self, text: str) -> None:
        self.query_one("#note", Static).update(text)

    def _languages(self) -> tuple[str, str, Sequence[tuple[str, str]]]:
        return "Bienvenido · Allin hamusqayki", "Elija su lengua · Simiykita akllay", _TONGUES

    def _entities(self) -> tuple[str, str, Sequence[tuple[str, str]]]:
        return _("¿Con qué entidad es su trámite?"), "", self._offer.entities()

    def _services(self) -> tuple[str, str, Sequence[tuple[str, str]]]:
        entity = self._visitor.entity
        return self._offer.names.get(entity, entity), "", self._offer.of(entity)

    def _steps(self) -> tuple[str, str, Sequence[tuple[str, str]]]:
        service = self._offer.service(self._visitor.service)
        steps = [f"{number}. {step}" for number, step in enumerate(guide.steps(service), 1)]
        words = ("\n" if len(steps) > _SPACED else "\n\n").join(steps)
        endings = [(name, _(label)) for name, label in _ENDINGS]
        return str(service["name"]), words, [*endings, ("paper", _("Una hoja para llevar"))]

    def _end(self) -> tuple[str, str, Sequence[tuple[str, str]]]:
        return _("Gracias por su visita"), _("No se guardó ningún dato suyo."), [("again", _("Volver al inicio"))]

    # What is chosen.

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        name, place = event.option_id or "", self._visitor.place
        if place == "languages":
            set_language(name)
            self._go("entities")
        elif place == "entities":
            self._go("services", entity=name)
        elif place == "services":
            self._go("steps", service=name)
        elif name == "paper":
            self._paper()
        elif place == "steps":
            self._log(name, None if name == RESOLVED else "other")
            self._go("end")
        else:
            self._forget()

    def _log(self, outcome: str, cause: str | None) -> None:
        visitor, laptop = self._visitor, self.itinerant.laptop
        spent = min(86_400, max(0, round(self.itinerant.monotonic() - visitor.began)))
        service = self._offer.service(visitor.service)
        values = guide.attention(self._offer, service, outcome, cause, visitor.started_at, spent)
        job = lambda: laptop.add("session", values)  # noqa: E731 - handed on
        ask(self, job, lambda _ref: None, otherwise=lambda _error: self._need_help())

    def _paper(self) -> None:
        visitor, desk, outlets = self._visitor, self.itinerant.desk, self.itinerant.outlets
        entity = self._offer.names.get(visitor.entity, visitor.entity)
        paper = guide.leaflet(entity, self._offer.service(visitor.service))

        def job() -> bool:
            if outlets.print_out(paper):
                return True
            desk.put(desk.folders()[0][0], {f"hoja-{visitor.service}.pdf": paper})
            return False

        def made(printed: bool) -> None:
            self._note = (
                _("✓ Se está imprimiendo.") if printed else _("✓ Pida su hoja al personal: quedó en la laptop.")
            )
            self._tell(self._note)

        ask(self, job, made, otherwise=lambda _error: self._need_help())

    # The keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "agent_back":
            return self._visitor.place != "languages"
        if action == "agent_voice":
            return self.itinerant.outlets.has_voice
        return super().check_action(action, parameters)

    def action_agent_back(self) -> None:
        """Go back one step; from the steps nothing is noted: nothing was said to be done."""
        place = self._visitor.place
        if place in ("end", "entities"):
            self._forget()
        else:
            self._go(_WAY[_WAY.index(place) - 1])

    def action_agent_tongue(self) -> None:
        """Say the same in the other language."""
        set_language("es" if language() == "quz" else "quz")
        self._draw()

    def action_agent_help(self) -> None:
        """Call the staff, or take the call back."""
        if self._asked:
            self._asked = False
            self._draw()
        else:
            self._need_help()

    def _need_help(self) -> None:
        self._asked = True
        self.app.bell()
        self._draw()

    def action_agent_voice(self) -> None:
        """Read aloud, or be silent."""
        self._aloud = not self._aloud
        if self._aloud:
            self._draw()
        else:
            self.itinerant.outlets.hush()

    def action_agent_leave(self) -> None:
        """The staff's way out."""
        self.app.push_screen(LeaveDialog(), self._left)

    def _left(self, person: str | None) -> None:
        self._touched = self.itinerant.monotonic()
        if person is not None:
            self.itinerant.outlets.hush()
            self.dismiss(person)
