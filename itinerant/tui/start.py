"""The one way into the screen: sets what Textual reads when it is imported, then opens the application.

* Composed letters (á, ñ) get lost in some terminals under the kitty keyboard protocol: it is off unless asked for.
* Nothing moves by itself and nothing scrolls smoothly: old laptops, and people who read slowly.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from itinerant.tui.ports import Opener, Sync

_DEFAULTS = {"TEXTUAL_DISABLE_KITTY_KEY": "1", "TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}


def run(opener: Opener, sync: Sync, *, hint: str = "") -> int:
    """Show the screen until the person leaves; the exit code. `hint`: the passphrase of a demonstration."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    from itinerant.tui.app import ItinerantApp  # noqa: PLC0415 - Textual reads the settings above when imported

    app = ItinerantApp(opener, sync, hint=hint)
    app.run()
    return app.return_code or 0
