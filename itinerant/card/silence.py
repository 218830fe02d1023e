"""Keeps pyHanko's log to itself: its warnings name signers, and would be printed over the screen."""

import logging


def silence() -> None:
    """Send what pyHanko and its validator of chains log to nowhere."""
    for name in ("pyhanko", "pyhanko_certvalidator"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
