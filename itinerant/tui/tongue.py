"""The language of the screen, changed while it runs: what is being written is kept, and the day is drawn anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from itinerant.texts import language, languages, set_language
from itinerant.tui.screens.unlock import UnlockScreen
from itinerant.tui.work import ask

if TYPE_CHECKING:
    from itinerant.tui.app import ItinerantApp


class Tongue:
    """Changes the language of `app`."""

    def __init__(self, app: ItinerantApp) -> None:
        self._app = app

    def next(self) -> None:
        """Go on to the next language, and keep it."""
        codes, desk = [code for code, _name in languages()], self._app.desk
        here = codes.index(language()) if language() in codes else 0
        chosen = replace(desk.preferences, language=codes[(here + 1) % len(codes)])
        ask(self._app, lambda: desk.keep(chosen), lambda _nothing: self.speak(chosen.language))

    def speak(self, chosen: str | None) -> None:
        """Show another language from now on."""
        app = self._app
        if chosen and chosen != language():
            app.call_later(app.put_away_all, lambda: app.call_later(self._speak, chosen))

    async def _speak(self, chosen: str) -> None:
        app = self._app
        set_language(chosen)
        while len(app.screen_stack) > 1:
            await app.pop_screen()
        first = app.screen_stack[0]
        if isinstance(first, UnlockScreen):
            await first.draw_anew()
        if app.unlocked:
            from itinerant.tui.screens.visit import VisitScreen  # noqa: PLC0415 - imported behind the unlock screen

            app.push_screen(VisitScreen(offer=False))
        app.good_news(dict(languages())[chosen])
