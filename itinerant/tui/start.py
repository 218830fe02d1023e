"""The one way into the screen: sets what Textual reads when it is imported, then opens the application.

* Composed letters (á, ñ) get lost in some terminals under the kitty keyboard protocol: it is off unless asked for.
* Nothing moves by itself and nothing scrolls smoothly: old laptops, and people who read slowly.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from itinerant.texts import set_language
from itinerant.tui import pauses

if TYPE_CHECKING:
    from itinerant.tui.ports import Desk, Opener
    from itinerant.tui.ports_sync import Sync

_DEFAULTS = {"TEXTUAL_DISABLE_KITTY_KEY": "1", "TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}


def run(opener: Opener, sync: Sync, desk: Desk, *, hint: str = "", kiosk: bool = False) -> int:
    """Show the screen until the person leaves; the exit code. `hint`: the passphrase of a demonstration.
    `kiosk`: for the public, once unlocked.

    The colours that the person left with are kept among the preferences. `ITINERANT_LANG` goes before their language.
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    pauses.start_without_collecting()
    import asyncio  # noqa: PLC0415 - Textual brings it anyway

    # Textual reads the settings above when it is imported.
    from itinerant.tui.app import ItinerantApp  # noqa: PLC0415

    set_language(os.environ.get("ITINERANT_LANG") or desk.preferences.language)
    app = ItinerantApp(opener, sync, desk, hint=hint, kiosk=kiosk)
    before = app.theme
    with asyncio.Runner(loop_factory=pauses.loop) as runner:
        runner.run(app.run_async())
    if app.theme not in (before, desk.preferences.theme):
        desk.keep(replace(desk.preferences, theme=app.theme))
    return app.return_code or 0
