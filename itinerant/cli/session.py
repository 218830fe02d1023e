"""`itinerant session`: attentions, one JSON line each."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from itinerant.cli import records
from itinerant.cli.arguments import Parser, Verbs
from itinerant.domain.fields import Value
from itinerant.domain.session import SESSION
from itinerant.domain.visit import VISIT
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop

UNMAPPED_ACCESS = "other"
"""Kind of access of a service that the catalogue does not have (yet)."""


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    group = Verbs(parser)
    group.add("add", _("registra las atenciones que lee, una línea JSON cada una"), _add)
    listing = group.add("list", _("lista las atenciones, la última primero"), _list)
    listing.add_argument("--visit", metavar=_("NÚMERO"), help=_("solo las de una jornada"))
    records.list_options(listing)
    group.add("show", _("muestra una atención con su historia"), _show).add_argument("ref", metavar=_("NÚMERO"))
    amending = group.add("amend", _("corrige con lo que lee: campos y motivo"), _amend)
    amending.add_argument("ref", metavar=_("NÚMERO"))
    voiding = group.add("void", _("anula una atención"), _void)
    voiding.add_argument("ref", metavar=_("NÚMERO"))
    records.why_option(voiding)


def complete(laptop: Laptop, given: Mapping[str, Any]) -> Mapping[str, Value]:
    """A session with what need not be written: declared defaults, the moment, and the service's own kind of access."""
    values = records.with_defaults(SESSION, given)
    if "visit" in values:
        records.require(laptop, VISIT, str(values["visit"]), place="visit")
    values.setdefault("started_at", time.time_ns() // 1_000_000)
    if "access" not in values:
        service = laptop.services.get(str(values.get("service")))
        values["access"] = service.record.values["access"] if service else UNMAPPED_ACCESS
    return values


def _add(asked: argparse.Namespace) -> int:
    return records.add(asked, SESSION, complete)


def _list(asked: argparse.Namespace) -> int:
    return records.show_list(asked, SESSION, {"visit": asked.visit} if asked.visit else {})


def _show(asked: argparse.Namespace) -> int:
    return records.show(asked, SESSION)


def _amend(asked: argparse.Namespace) -> int:
    return records.amend(asked, SESSION)


def _void(asked: argparse.Namespace) -> int:
    return records.void(asked, SESSION)
