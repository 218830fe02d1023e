"""Commands of the contract that this version does not have."""

from __future__ import annotations

import argparse

from itinerant.errors import UserError
from itinerant.texts import _


def run(args: argparse.Namespace) -> int:
    """Say so, and exit with 2."""
    raise UserError(_("«{command}» aún no está en esta versión.").format(command=args.command), code="absent")
