"""What of Python itself would hold up a key, and how it is kept short.

* Threads that compute (a search, a sync) and the screen's run one at a time. While the screen waits, each lets the
  others in after `TURN_S`, so that a key gets in at once; while the screen works on one, they wait (`loop`).
* While modules are imported there is no garbage: the collector stays out until the first screen is drawn.
* What was imported is never garbage, and going through it (150,000 objects) takes a tenth of a second in which nothing
  moves: the collector leaves out what is there when the first laptop is opened.
* A screen that was closed is garbage in a circle, and letting go of its widgets takes 30 to 70 ms: that waits until
  nobody has touched a key for a moment.
"""

from __future__ import annotations

import gc
import selectors
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

TURN_S = 0.0005
"""Python's own 5 ms would be paid several times a key."""
WORK_S = 0.05
"""The most that others wait while the screen works: few keys take as long."""
LOOK_S = 0.005
"""While there is work, the system is asked for more at most that often: each time, somebody else gets a turn."""
_PYTHON_S = 0.005

QUIET_S = 1.0
"""Without a key: somebody reads, or talks with the person at the table."""
_SELDOM = 1_000
"""Rounds of the collector's middle generation (some 7,000 objects each) after which it looks at everything all the
same."""
_WORTH_IT = 5
"""Such rounds before a quiet moment is used."""


def start_without_collecting() -> None:
    """Keep the collector out until `collect_again`."""
    gc.disable()


def collect_again() -> None:
    """Let the collector in."""
    gc.enable()


class _Turns(selectors.DefaultSelector):
    """Where the screen's loop waits: the one place where it gives its turn away."""

    _looked = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        at_work = timeout is not None and timeout <= 0
        if at_work and time.monotonic() - self._looked < LOOK_S:
            return []
        sys.setswitchinterval(TURN_S)
        try:
            return super().select(timeout)
        finally:
            sys.setswitchinterval(WORK_S)
            self._looked = time.monotonic()

    def close(self) -> None:
        sys.setswitchinterval(_PYTHON_S)
        super().close()


def loop() -> AbstractEventLoop:
    """The loop to run the screen in; Windows keeps its own, which waits in another way."""
    import asyncio  # noqa: PLC0415 - after the first word on the terminal

    return asyncio.new_event_loop() if sys.platform == "win32" else asyncio.SelectorEventLoop(_Turns())


def leave_out_what_is_there() -> None:
    """Have the collector leave out what is in memory; only the first time, for what comes later may be garbage."""
    if not gc.get_freeze_count():
        gc.freeze()


def collect_in_quiet_moments() -> None:
    """Leave what is long in memory to `quiet_moment`, in the whole process."""
    gc.set_threshold(*gc.get_threshold()[:2], _SELDOM)


def collect_at_any_moment() -> None:
    """Leave it to Python again: there is no screen any more."""
    gc.set_threshold(*gc.get_threshold()[:2], 10)


def quiet_moment() -> None:
    """Let go of what nobody holds, if it is worth it: nobody is waiting now."""
    if gc.get_count()[2] >= _WORTH_IT:
        gc.collect()
