"""`itinerant record KIND`: records of any kind, one JSON line each."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from itinerant.cli import records, session
from itinerant.cli.arguments import Parser, Verbs
from itinerant.domain.fields import Kind, Value
from itinerant.domain.kinds import KINDS
from itinerant.domain.session import SESSION
from itinerant.errors import UserError
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    parser.add_argument("kind", metavar=_("CLASE"), choices=sorted(KINDS), help=", ".join(sorted(KINDS)))
    group = Verbs(parser)
    records.list_options(group.add("list", _("lista los registros, el último primero"), _list))
    group.add("show", _("muestra un registro con su historia"), _show).add_argument("ref", metavar=_("NÚMERO"))
    group.add("add", _("registra lo que lee, una línea JSON cada uno"), _add)
    group.add("amend", _("corrige con lo que lee: campos y motivo"), _amend).add_argument("ref", metavar=_("NÚMERO"))
    voiding = group.add("void", _("anula un registro"), _void)
    voiding.add_argument("ref", metavar=_("NÚMERO"))
    records.why_option(voiding)


def _list(asked: argparse.Namespace) -> int:
    return records.show_list(asked, KINDS[asked.kind], {})


def _show(asked: argparse.Namespace) -> int:
    return records.show(asked, KINDS[asked.kind])


def _add(asked: argparse.Namespace) -> int:
    kind = _own(asked)
    if kind is SESSION:
        return records.add(asked, kind, session.complete)

    def complete(laptop: Laptop, given: Mapping[str, Any]) -> Mapping[str, Value]:
        return {**_belonging(laptop, kind), **records.with_defaults(kind, given)}

    return records.add(asked, kind, complete)


def _amend(asked: argparse.Namespace) -> int:
    return records.amend(asked, _own(asked))


def _void(asked: argparse.Namespace) -> int:
    return records.void(asked, _own(asked))


def _own(asked: argparse.Namespace) -> Kind:
    """The kind, when laptops may write it."""
    kind = KINDS[asked.kind]
    if kind.office:
        raise UserError(
            _("«{plural}» se registra solo en la oficina.").format(plural=_(kind.plural)),
            next_step=_("Pida el cambio a la oficina: llega con la próxima sincronización."),
            place=kind.name,
            code="office_kind",
        )
    return kind


def _belonging(laptop: Laptop, kind: Kind) -> dict[str, Value]:
    """The laptop's own brigade, for a kind that says whose it is."""
    return {"brigade": laptop.brigade} if "brigade" in kind.by_name else {}
