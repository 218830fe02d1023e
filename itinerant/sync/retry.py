"""When to try again: only what a retry can cure, a bounded number of times, never in step with everybody else.

* Exponential with full jitter: after an outage, two hundred laptops must not come back in the same second.
* What the office asks to wait (`Retry-After`) is waited at least.
* Waiting ends at once when a person stops it.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from itinerant.errors import ItinerantError, Move, NoConnection

ATTEMPTS = 5
LONGEST_WAIT_S = 30.0
LONGEST_ASKED_S = 300.0
"""The longest wait that an office's word is taken for; beyond it the next try is left to the person or the timer."""

_STEP_S = 0.2
_FIRST_LATER_S = 60
_LONGEST_LATER_S = 900

_backoff = wait_random_exponential(multiplier=1, max=LONGEST_WAIT_S)


class Stopped(Exception):
    """A person stopped the sync while it was waiting. `spent`: bytes up and down of what was under way."""

    spent = (0, 0)


def retrying(sleep: Callable[[float], None], cancelled: Callable[[], bool]) -> Retrying:
    """A tenacity controller: call it with a function. The last error comes out as it was raised."""
    return Retrying(
        retry=retry_if_exception(is_curable),
        stop=stop_after_attempt(ATTEMPTS),
        wait=_wait,
        sleep=lambda seconds: _sleep(seconds, sleep, cancelled),
        reraise=True,
    )


def is_curable(error: BaseException) -> bool:
    """Whether trying again soon may help."""
    if isinstance(error, NoConnection) and (error.retry_after or 0) > LONGEST_ASKED_S:
        return False
    return isinstance(error, ItinerantError) and error.move is Move.RETRY


def later_s(failures: int, asked: float | None = None) -> float:
    """Seconds until the next sync should be tried, after so many that failed in a row."""
    longest = min(_FIRST_LATER_S * 2 ** min(failures, 10), _LONGEST_LATER_S)
    return max(asked or 0.0, random.uniform(longest / 2, longest))  # noqa: S311 - spreads load, keeps no secret


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, NoConnection) else None
    return (asked or 0.0) + _backoff(state)


def _sleep(seconds: float, sleep: Callable[[float], None], cancelled: Callable[[], bool]) -> None:
    while seconds > 0:
        if cancelled():
            raise Stopped
        sleep(min(seconds, _STEP_S))
        seconds -= _STEP_S
