"""`itinerant-server fault-report`: opens what a laptop sealed about a fault of its program."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from itinerant.errors import UserError
from itinerant.sync.fault_report import MOST_BYTES, unseal
from itinerant.texts import _
from server.cli.output import opened


def run(asked: argparse.Namespace) -> int:
    """Print the report as JSON."""
    try:
        with Path(asked.file).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(_("No se pudo leer {file}.").format(file=asked.file), place=asked.file) from error
    with opened(asked) as office:
        report = unseal(data, office.keys.seals)
    print(json.dumps(report, ensure_ascii=False, indent=1))
    return 0
