"""Listing, adding, amending and voiding records of any kind: what `session` and `record` share."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from itinerant.cli import lines, output
from itinerant.cli.unlocking import unlock
from itinerant.domain.fields import Kind, Value
from itinerant.errors import ItinerantError, UserError
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.log.change import Change
    from itinerant.store.disk.shapes import StoredRecord
    from itinerant.store.laptop import Laptop

PAGE = 500
_COLUMNS = 6
_CELL = 32

Complete = Callable[["Laptop", dict[str, Any]], Mapping[str, Value]]
"""Fills in what a person need not write."""


def flat(record: StoredRecord) -> dict[str, Any]:
    """A record as commands print it: number, `void`, fields, then who made it and when (ms), and open conflicts."""
    return {
        **record.flat(),
        "by": record.made_by,
        "at": record.made_at,
        "changed_at": record.changed_at,
        "conflicts": record.conflicts,
    }


def with_defaults(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given plus the declared default of each required field that was not. A null counts as not given."""
    values = {name: value for name, value in given.items() if value is not None}
    defaults = {item.name: item.default for item in kind.fields if item.default is not None}
    return {**defaults, **values}


def show(asked: argparse.Namespace, kind: Kind) -> int:
    """Print one record of a kind with its history, oldest change first."""
    with unlock(asked) as laptop:
        record = require(laptop, kind, asked.ref)
        history = laptop.history(asked.ref)
    if asked.json:
        output.document({**flat(record), "history": [_change(change) for change in history]})
        return 0
    shown = [(_(item.label), item.label_of(record.values[item.name])) for item in kind.fields]
    output.pairs([(_("Número"), record.record), *((label, value) for label, value in shown if value)])
    for change in history:
        altered = ", ".join(f"{name}={value}" for name, value in change.set.items() if not change.creates)
        output.line(f"{change.ref}  {change.by}  {altered or _('registro')}  {change.why}".rstrip())
    return 0


def _change(change: Change) -> dict[str, Any]:
    return {
        "change": change.ref,
        "by": change.by,
        "at": change.at,
        "base": list(change.base),
        "set": dict(change.set),
        "why": change.why,
    }


def add(asked: argparse.Namespace, kind: Kind, complete: Complete) -> int:
    """Save each line of standard input on its own, and answer it at once. 2 when any was refused."""
    refused = 0
    with unlock(asked) as laptop:
        for number, data in lines.read_lines():
            try:
                record = laptop.add(kind.name, complete(laptop, lines.parse(data)))
            except ItinerantError as error:
                refused += 1
                field = error.place if isinstance(error, UserError) else ""
                sentence = " ".join(part for part in (error.sentence, error.next_step) if part)
                output.document({"ok": False, "line": number, "field": field, "error": sentence})
                if not isinstance(error, UserError):
                    raise  # the disk, not the line: those that follow would fare no better
            else:
                output.document({"ok": True, "record": record})
    return 2 if refused else 0


def each(
    laptop: Laptop, kind: Kind, where: Mapping[str, Value], text: str, limit: int | None
) -> Iterator[StoredRecord]:
    """The records of a kind, latest first, read in pages."""
    before: int | None = None
    left = limit
    while left is None or left > 0:
        page = laptop.list(kind.name, where=where, text=text, before=before, limit=min(PAGE, left or PAGE))
        yield from page
        if not page or len(page) < PAGE:
            return
        before = page[-1].n
        left = None if left is None else left - len(page)


def show_list(asked: argparse.Namespace, kind: Kind, where: Mapping[str, Value]) -> int:
    """Print the records of a kind: JSON Lines, or a table of the fields that they have."""
    with unlock(asked) as laptop:
        found = each(laptop, kind, where, asked.text, asked.limit)
        if asked.json:
            for record in found:
                output.document(flat(record))
            return 0
        _table(kind, list(found))
    return 0


def _table(kind: Kind, found: list[StoredRecord]) -> None:
    shown = [item for item in kind.fields if any(record.values.get(item.name) is not None for record in found)]
    shown = shown[:_COLUMNS]
    headings = (_("Número"), *(_(item.label) for item in shown), "")
    rows = [
        (record.record, *(item.label_of(record.values.get(item.name))[:_CELL] for item in shown), _marks(record))
        for record in found
    ]
    output.table(headings, rows)
    if not rows:
        output.say(_("No hay {plural}.").format(plural=_(kind.plural).lower()))


def _marks(record: StoredRecord) -> str:
    marks = [_("anulada")] if record.void else []
    return " ".join([*marks, _("! conflicto")] if record.conflicts else marks) or " "


def amend(asked: argparse.Namespace, kind: Kind) -> int:
    """Amend a record with what standard input says: `{"set":{field:value,…},"why":"…"}`."""
    given = lines.read_object()
    altered, why = given.get("set"), given.get("why", "")
    if not isinstance(altered, dict) or not isinstance(why, str) or given.keys() - {"set", "why"}:
        raise UserError(
            _("Se espera {example}.").format(example='{"set":{"outcome":"resolved"},"why":"…"}'), code="json"
        )
    with unlock(asked) as laptop:
        require(laptop, kind, asked.ref)
        return done(asked.ref, laptop.amend(asked.ref, altered, why))


def void(asked: argparse.Namespace, kind: Kind) -> int:
    """Void a record, with a reason."""
    with unlock(asked) as laptop:
        require(laptop, kind, asked.ref)
        return done(asked.ref, laptop.void(asked.ref, asked.why))


def require(laptop: Laptop, kind: Kind, ref: str, *, place: str = "") -> StoredRecord:
    """The record of that number and kind. Raises `UserError` (at `place`) when there is none."""
    record = laptop.get(ref)
    if record is None or record.kind != kind.name:
        sentence = _("No existe {kind} con el número {ref}.").format(kind=_(kind.label).lower(), ref=ref)
        raise UserError(sentence, place=place, code="no_record")
    return record


def done(record: str, change: str) -> int:
    """Say that a change was saved."""
    output.document({"ok": True, "record": record, "change": change})
    return 0


def list_options(parser: argparse.ArgumentParser) -> None:
    """The options by which a list is narrowed."""
    parser.add_argument("--text", default="", metavar=_("TEXTO"), help=_("solo los que tienen estas palabras"))
    parser.add_argument("--limit", type=_count, metavar="N", help=_("solo los N últimos"))


def why_option(parser: argparse.ArgumentParser) -> None:
    """The reason of a decision, always asked for."""
    parser.add_argument("--why", required=True, metavar=_("TEXTO"), help=_("motivo"))


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError(text)
    return count
