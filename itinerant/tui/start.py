"""The one way into the screen: sets what Textual reads when it is imported, then opens the application.

* Composed letters (á, ñ) get lost in some terminals under the kitty keyboard protocol: it is off unless asked for.
* Nothing moves by itself and nothing scrolls smoothly: old laptops, and people who read slowly.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from itinerant.texts import set_language

if TYPE_CHECKING:
    from itinerant.config import Config
    from itinerant.tui.ports import Opener, Sync

_DEFAULTS = {"TEXTUAL_DISABLE_KITTY_KEY": "1", "TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}


def run(opener: Opener, sync: Sync, *, config: Config, remember: Callable[[str], None], hint: str = "") -> int:
    """Show the screen until the person leaves; the exit code. `hint`: the passphrase of a demonstration.

    `remember` is told the name of the colours when the person left with others than those of `config`.
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    # Textual reads the settings above when it is imported.
    from itinerant.tui.app import ItinerantApp  # noqa: PLC0415
    from itinerant.tui.themes import THEMES  # noqa: PLC0415

    set_language(config.language)
    known = {each.name for each in THEMES}
    theme = config.theme if config.theme in known else THEMES[0].name
    app = ItinerantApp(opener, sync, hint=hint, idle_s=config.idle_lock_s, theme=theme)
    app.run()
    if app.theme != theme:
        remember(app.theme)
    return app.return_code or 0
