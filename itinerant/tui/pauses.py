"""What of Python itself would hold up a key, and how it is kept short.

* A thread that computes (a search, a sync) lets the screen's in after `TURN_S`: Python's own 5 ms are paid several
  times a key.
* While modules are imported there is no garbage: the collector stays out until the first screen is drawn.
* What was imported is never garbage, and going through it (150,000 objects) takes a tenth of a second in which nothing
  moves: the collector leaves out what is there when the first laptop is opened.
"""

from __future__ import annotations

import gc
import sys

TURN_S = 0.0005


def start_without_collecting() -> None:
    """Keep the collector out until `collect_again`."""
    gc.disable()


def collect_again() -> None:
    """Let the collector in."""
    gc.enable()


def take_turns() -> None:
    """Let threads take short turns, in the whole process."""
    sys.setswitchinterval(TURN_S)


def leave_out_what_is_there() -> None:
    """Have the collector leave out what is in memory; only the first time, for what comes later may be garbage."""
    if not gc.get_freeze_count():
        gc.freeze()
