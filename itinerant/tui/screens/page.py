"""What every screen has: a line at the top, its keys at the foot, and Esc, which goes back one step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from itinerant.texts import _
from itinerant.tui.actions import bindings
from itinerant.tui.widgets.key_bar import KeyBar
from itinerant.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from itinerant.tui.app import ItinerantApp

Result = TypeVar("Result")


class _Ours(Screen[Result]):
    """What windows have too."""

    AUTO_FOCUS = ""
    BINDINGS = bindings("back")
    _worn = ""

    @property
    def itinerant(self) -> ItinerantApp:
        """The app, with its own type."""
        return cast("ItinerantApp", self.app)

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        """Textual looks up the styles of all widgets when a screen comes to the front. A new one has just done so, and
        one that comes back has those that it had, unless it is dressed otherwise meanwhile."""
        event.refresh_styles, self._worn = self._worn not in ("", self.app.theme), self.app.theme


class Page(_Ours[Result]):
    """A whole screen; subclasses give `TITLE` and `body`."""

    SHOWS_STATE = True

    def heading(self) -> str:
        """The text at the left of the top line."""
        return _(str(self.TITLE or ""))

    def compose(self) -> ComposeResult:
        yield StatusBar(self.heading())
        yield from self.body()
        yield KeyBar()

    def body(self) -> Iterable[Widget]:
        """What lies between the top line and the keys."""
        return ()

    def waits(self) -> bool:
        """Whether the keys that come now must wait: what they are for is not there yet."""
        return False

    def action_back(self) -> None:
        """Go back one step."""
        self.put_away(lambda: self.dismiss(None))

    def put_away(self, then: Callable[[], Any]) -> None:
        """Make safe what is being written, then go on; called before the screen goes away for any reason."""
        then()

    def on_screen_resume(self) -> None:
        self.itinerant.refresh_status()


class Dialog(ModalScreen[Result], _Ours[Result]):
    """A window over a screen. `ModalScreen` comes first: the rules of styles know a class by its first base alone."""

    def action_back(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
