"""`itinerant notice`: what became of this laptop's own work; told once after a sync, and found again here."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from itinerant.cli import output
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.status import moment
from itinerant.cli.unlocking import unlock
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop
    from itinerant.store.office.notices import Notice


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    Verbs(parser).add("list", _("lista los avisos, el último primero"), _list)


def tell(laptop: Laptop, *, json: bool) -> list[dict[str, Any]]:
    """Tell a person the notices that are new (with `json`, leave it to the answer); they are as commands print them."""
    fresh = laptop.notices.take()
    if not json:
        for one in fresh:
            output.say(f"! {one.sentence}")
    return [as_dict(one) for one in fresh]


def as_dict(one: Notice) -> dict[str, Any]:
    """A notice as commands print it; `what` is `conflict`, `decided`, `quarantined`, `released` or `discarded`."""
    return {
        "what": one.what.value,
        "record": one.record,
        "field": one.field,
        "change": one.change,
        "at": one.at,
        "new": one.is_new,
        "sentence": one.sentence,
    }


def _list(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        found = laptop.notices.list()
    for one in found:
        if asked.json:
            output.document(as_dict(one))
        else:
            output.line(f"{moment(one.at)}  {one.sentence}")
    if not found and not asked.json:
        output.say(_("No hay avisos."))
    return 0
