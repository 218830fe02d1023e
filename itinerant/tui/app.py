"""The application: one laptop, one stack of screens, one idle lock.

* Nothing that touches a disk or a network is imported here: the unlock screen is drawn first, and what it leads to is
  imported in a thread behind it (`import_screens`). A test holds that.
* Who opens the vault and who syncs are handed in (`ports`): this package knows neither SQL nor HTTP.
* Clocks are handed in too: `now_ms` is the laptop's clock (recorded, never trusted), `monotonic` measures durations.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.text import Text
from textual import events
from textual.app import App, SystemCommand
from textual.screen import Screen

from itinerant.errors import ItinerantError
from itinerant.texts import _
from itinerant.tui import pauses, textual_es
from itinerant.tui.actions import ACTIONS, bindings
from itinerant.tui.background import Background
from itinerant.tui.card_watch import CardsChanged, CardWatch
from itinerant.tui.messages import SyncProgress
from itinerant.tui.routes import PLACES, Routes
from itinerant.tui.screens.page import Dialog, Page
from itinerant.tui.screens.unlock import UnlockScreen
from itinerant.tui.themes import THEMES
from itinerant.tui.type_ahead import TypeAhead
from itinerant.tui.widgets.status_bar import StatusBar
from itinerant.tui.work import ask

if TYPE_CHECKING:
    from itinerant.config import Config
    from itinerant.domain.fields import Value
    from itinerant.tui.outlets import Outlets
    from itinerant.tui.ports import Desk, Laptop, Opener
    from itinerant.tui.ports_sync import Sync, SyncReport
    from itinerant.tui.screens.sync import SyncScreen
    from itinerant.tui.undo import Saved

_LATE = ("visit", "session", "open_visit", "sync", "question", "problem")
"""Screens that a day needs, imported while the person types the passphrase."""

_STYLES = Path(__file__).parent.resolve() / "styles"


class ItinerantApp(App[None]):
    """The brigade's screen."""

    CSS_PATH = "styles/base.tcss"
    TITLE = "Itinerant"
    BINDINGS = bindings("help", "menu", "lock", "theme", "language", "quit")
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {textual_es.actions_provider}
    NOTIFICATION_TIMEOUT: ClassVar[float] = 4

    def __init__(
        self,
        opener: Opener,
        sync: Sync,
        desk: Desk,
        *,
        hint: str = "",
        kiosk: bool = False,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.opener = opener
        self.sync = sync
        self.desk = desk
        self.now_ms = now_ms
        self.monotonic = monotonic
        self.routes = Routes(self)
        """The ways to the other screens."""
        self.usual: Mapping[str, Value] = {}
        """What the next session takes over from the one before."""
        self._hint = hint
        self._kiosk = kiosk
        self.public = False
        """Whether the public is at the screen: none of the app's own keys works, and nothing locks by itself."""
        self._last_touch = monotonic()
        self.type_ahead = TypeAhead(self)
        self.names: Mapping[str, str] = {}
        """Names of the brigade's people by code, as last read."""
        self._laptop: Laptop | None = None
        self.background = Background(self)
        self.cards = CardWatch(self)
        self._saved: Saved | None = None
        for each in THEMES:
            self.register_theme(each)
        known = {each.name for each in THEMES}
        self.theme = desk.preferences.theme if desk.preferences.theme in known else THEMES[0].name

    @property
    def laptop(self) -> Laptop:
        """The unlocked laptop; only screens behind the unlock screen ask for it."""
        assert self._laptop is not None
        return self._laptop

    @cached_property
    def outlets(self) -> Outlets:
        """The voice and the printer of this machine."""
        from itinerant.tui.outlets import Outlets  # noqa: PLC0415 - after the first frame

        return Outlets()

    @property
    def unlocked(self) -> bool:
        """Whether a vault is open."""
        return self._laptop is not None

    def get_default_screen(self) -> Screen[Any]:
        return UnlockScreen(self._hint)

    def on_mount(self) -> None:
        pauses.collect_in_quiet_moments()
        self.set_interval(1.0, self.tidy_when_quiet)
        self.set_interval(1.0, self.lock_when_idle)
        self.set_interval(1.0, self.background.tick)

    @staticmethod
    def import_screens() -> None:
        """Import what comes after the unlock screen; called in a thread behind it."""
        for name in _LATE:
            importlib.import_module(f"itinerant.tui.screens.{name}")

    def load_styles(self) -> None:
        """Read the styles of all screens at once, while a passphrase is checked: a screen that brings its own has
        Textual read all there are again, and its key waits for it."""
        for path in _STYLES.glob("*.tcss"):
            if not self.stylesheet.has_source(str(path)):
                self.stylesheet.read(path)
        self.stylesheet.reparse()

    # Entering and leaving.

    def enter(self, laptop: Laptop) -> None:
        """Go to the day of an unlocked laptop."""
        from itinerant.tui.screens.visit import VisitScreen  # noqa: PLC0415 - imported behind the unlock screen

        pauses.leave_out_what_is_there()
        self._laptop, self.usual, self._saved = laptop, {}, None
        self._last_touch = self.monotonic()
        self.background.entered()
        self.push_screen(VisitScreen())
        if self._kiosk:
            self._kiosk = False
            self.call_later(self.routes.self_service)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return False if self.public else super().check_action(action, parameters)

    def action_lock(self) -> None:
        """Close the vault and go back to the unlock screen; what is being written is kept first."""
        if self.unlocked:
            self._put_away(list(self.screen_stack), lambda: self._lock(_("Bloqueado. Su borrador está a salvo.")))

    def put_away_all(self, then: Callable[[], Any]) -> None:
        """Make safe what is being written on any screen, then go on."""
        self._put_away(list(self.screen_stack), then)

    def action_leave(self) -> None:
        """Leave the program; what is being written is kept first."""
        self._put_away(list(self.screen_stack), self._leave)

    def _put_away(self, screens: list[Screen[Any]], then: Callable[[], Any]) -> None:
        if not screens:
            self.background.put_away(then)
            return
        *others, top = screens

        def following() -> None:
            self._put_away(others, then)

        top.put_away(following) if isinstance(top, Page) else following()

    def on_cards_changed(self, event: CardsChanged) -> None:
        """A card or a reader came or went."""
        self.cards.changed(event.now)

    def on_unmount(self) -> None:
        """The program ends: the readers' monitor too."""
        pauses.collect_at_any_moment()
        self.cards.stop()

    def lock_with(self, note: str) -> None:
        """Go back to the unlock screen with a word on why; for a laptop that is not what was opened any more."""
        self._lock(note)

    def _lock(self, note: str) -> None:
        laptop, self._laptop = self._laptop, None
        self.cards.left()
        self.workers.cancel_group(self, "status")
        while len(self.screen_stack) > 1:
            self.pop_screen()
        first = self.screen_stack[0]
        if laptop is not None:
            ask(first, laptop.close, lambda _nothing: None)
        if isinstance(first, UnlockScreen):
            first.greet(note)

    def _leave(self) -> None:
        laptop, self._laptop = self._laptop, None
        if laptop is None:
            self.exit()
        else:
            ask(self, laptop.close, lambda _nothing: self.exit(), otherwise=lambda _error: self.exit())

    def prefer(self, preferences: Config) -> None:
        """Use these preferences from now on, and keep them."""
        self.theme = preferences.theme
        ask(self, lambda: self.desk.keep(preferences), lambda _nothing: self.good_news(_("✓ Ajustes guardados")))

    # Idle lock.

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.MouseDown | events.Paste):
            self._last_touch = self.monotonic()
        if isinstance(event, events.Key) and not event.is_forwarded and self.type_ahead.holds(event):
            return
        await super().on_event(event)

    def tidy_when_quiet(self) -> None:
        """Let go of closed screens while nobody waits for a key."""
        if self.monotonic() - self._last_touch >= pauses.QUIET_S:
            pauses.quiet_moment()

    def lock_when_idle(self) -> None:
        """Lock when nobody has touched anything for too long; never under a sync that runs."""
        idle = self.monotonic() - self._last_touch >= self.desk.preferences.idle_lock_s
        if (
            self.unlocked
            and idle
            and not self.public
            and not any(getattr(screen, "running", False) for screen in self.screen_stack)
        ):
            note = _("Bloqueado por inactividad. Su borrador está a salvo.")
            self._put_away(list(self.screen_stack), lambda: self._lock(note))

    # What screens ask of the app.

    def show_error(self, error: ItinerantError) -> None:
        """Show what happened, what is safe and what to do."""
        from itinerant.tui.screens.problem import ProblemScreen  # noqa: PLC0415 - imported when something fails

        self.push_screen(ProblemScreen(error))

    def good_news(self, text: str) -> None:
        """Say something that may vanish by itself."""
        self.notify(text, markup=False)

    def told_saved(self, change: str | None, record: str = "") -> None:
        """Say that a change was saved, and remember it: it can be taken back in one step."""
        if change:
            from itinerant.tui.undo import Saved  # noqa: PLC0415 - the log's rules, after the first frame

            self._saved = Saved(record or change, change)
            self.good_news(_("✓ Guardado {ref}").format(ref=change))

    def undo(self, then: Callable[[], Any]) -> None:
        """Take back what was saved last, after asking; then go on."""
        from itinerant.tui.screens.question import Question  # noqa: PLC0415 - imported behind the unlock screen
        from itinerant.tui.undo import undo  # noqa: PLC0415 - the log's rules, after the first frame

        laptop, saved = self.laptop, self._saved
        if saved is None:
            self.good_news(_("Nada que deshacer."))
            return

        def undone(_change: str) -> None:
            self._saved = None
            self.good_news(_("✓ Deshecho: {ref}").format(ref=saved.change))
            then()

        def answered(answer: str | None) -> None:
            if answer == "yes":
                ask(self, lambda: undo(laptop, saved), undone)

        text = _("Lo que se guardó como {ref} se anula, o vuelve a lo que decía. Queda en la historia.")
        answers = [("yes", _("Deshacer")), ("no", _("Dejarlo como está"))]
        self.push_screen(Question(_("¿Deshacer lo último?"), text.format(ref=saved.change), answers), answered)

    def refresh_status(self) -> None:
        """Show in the line at the top how the sync stands."""
        laptop = self._laptop
        if laptop is not None:
            job = lambda: (laptop.status(), laptop.person_names)  # noqa: E731 - handed on
            ask(self, job, lambda found: self.show_status(*found), group="status", exclusive=True)

    def show_status(self, status: Mapping[str, Any], names: Mapping[str, str]) -> None:
        """Draw this state in the line at the top of the screen."""
        self.names = names
        if self._laptop is None or not isinstance(self.screen, Page) or not self.screen.SHOWS_STATE:
            return
        person = self._laptop.person
        who = names.get(person, person)
        problems = int(status["quarantined"]) + int(status["conflicts"])
        pending, link = int(status["pending"]), self.background.link
        for bar in self.screen.query(StatusBar):  # a screen that is coming or going has none, and asks by itself
            bar.show(who=who, device=self._laptop.device, pending=pending, problems=problems, link=link)

    # The sync, whoever asked for it; see `background`.

    def on_sync_progress(self, event: SyncProgress) -> None:
        """Parcels move."""
        self.background.travelled(event)

    def sync_changed(self, *, moved: bool = False) -> None:
        """How the sync stands is another now; `moved`: one was tried, so that counts may differ."""
        centre = self._sync_centre
        if centre is not None:
            centre.draw()
        if moved and centre is not None and self.screen is centre:
            centre.reload()
            self.routes.news()  # nowhere else: no window opens over what a person is writing
        else:
            self.refresh_status()

    def sync_ended(self, report: SyncReport) -> None:
        """A sync that a person asked for went well, or was stopped."""
        if self._sync_centre is not None:
            self._sync_centre.ended(report)

    def sync_failed(self, error: ItinerantError) -> None:
        """A sync that a person asked for did not come to its end."""
        if self._sync_centre is not None:
            self._sync_centre.failed(error)
        else:
            self.show_error(error)

    @property
    def _sync_centre(self) -> SyncScreen | None:
        """The sync centre, where it is open: one that is about to open draws how things stand by itself."""
        found = [screen for screen in self.screen_stack if screen.id == "sync-centre" and screen.is_mounted]
        return cast("SyncScreen", found[0]) if found else None

    def _fatal_error(self) -> None:
        """A fault on the screen's own thread ends the program with words. Textual's own version of this prints a trace
        with the values of all variables: the passphrase and what people wrote among them."""
        from itinerant.tui.last_words import last_words  # noqa: PLC0415 - imported when something fails

        if not self._exit_renderables:  # of several faults the first one is told
            self._exit_renderables.append(Text(last_words(self, self._exception)))
        self._close_messages_no_wait()

    # Help, palette, colours.

    def action_help(self) -> None:
        """Show the keys of this screen."""
        from itinerant.tui.screens.help import HelpScreen  # noqa: PLC0415 - imported when asked for

        if isinstance(self.screen, HelpScreen):
            return
        active = [each.binding for each in self.screen.active_bindings.values()]
        self.push_screen(HelpScreen(active, form=bool(self.screen.query("Form"))))

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, textual_es.Palette):
            self.push_screen(textual_es.Palette())

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything that can be done on a screen, for the palette."""
        done: set[str] = set()
        for each in screen.active_bindings.values():
            action = ACTIONS.get(each.binding.id or "")
            if action is None or action.id in done or action.id == "menu" or not each.enabled:
                continue
            done.add(action.id)
            run = self._runner(each.binding.action, each.node)
            yield SystemCommand(_(action.label), _(action.help), run)
        if self.unlocked and not isinstance(screen, Dialog):
            for place in PLACES:
                yield SystemCommand(_(place.label), _(place.help), lambda place=place: self.routes.go(place))

    def _runner(self, action: str, node: Any) -> Callable[[], Any]:
        async def run() -> None:
            await self.run_action(action, node)

        return run

    def action_next_theme(self) -> None:
        """Go on to the next set of colours."""
        names = [theme.name for theme in THEMES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]
        self.good_news(_("Colores: {name}").format(name=self.theme))

    def action_next_language(self) -> None:
        """Go on to the next language."""
        from itinerant.tui.tongue import Tongue  # noqa: PLC0415 - after the first frame

        Tongue(self).next()

    def action_help_quit(self) -> None:
        """Ctrl+C: say how to leave, since it leaves other programs."""
        self.good_news(_("Para salir use Ctrl+Q. Para bloquear, Ctrl+B."))
