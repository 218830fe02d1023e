"""`doctor`: reads everything that the office relies on and says what holds; exit 1 when something does not."""

from __future__ import annotations

import argparse

from itinerant.texts import _
from server.cli.output import line, opened
from server.inspection import inspect


def run(args: argparse.Namespace) -> int:
    """Print every check."""
    with opened(args) as office:
        checks = inspect(office)
    good = all(check.ok for check in checks)
    if args.json:
        line({"ok": good, "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks]})
    else:
        for check in checks:
            print(f"{'✓' if check.ok else '✗'} {check.label}: {check.detail}")
        print(_("Todo en orden.") if good else _("Hay algo que revisar."))
    return 0 if good else 1
