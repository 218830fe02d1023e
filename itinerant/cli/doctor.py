"""`itinerant doctor`: looks at the laptop, its data and what the regulations ask of the open visit.

* What could not be checked is said as such and fails nothing; whatever fails makes the exit code 1.
* Nothing is altered unless asked: `--repair` makes the lists anew from the log, `--salvage` copies what can be read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.cli import output, unlocking
from itinerant.cli.arguments import Parser
from itinerant.errors import Damaged, StoreProblem
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.domain.fields import Value
    from itinerant.store.laptop import Laptop


_LAST = "verifying"
"""The last thing looked at: whoever sees it has seen all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `ok` is None when it could not be checked; `article` is what asks for it."""

    code: str
    ok: bool | None
    sentence: str
    next_step: str = ""
    article: str = ""


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    doing = parser.add_mutually_exclusive_group()
    doing.add_argument("--repair", action="store_true", help=_("rehace las listas desde el registro"))
    doing.add_argument(
        "--salvage", type=Path, metavar=_("CARPETA"), help=_("copia a una carpeta nueva, cifrado, lo que puede leerse")
    )
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    if asked.salvage is not None:
        return _salvage(asked)
    found = _look(asked)
    well = all(one.ok is not False for one in found)
    if asked.json:
        output.document({"ok": well, "checks": [asdict(one) for one in found]})
    else:
        for one in found:
            mark = {True: "✓", False: "✗", None: "·"}[one.ok]
            words = (one.sentence, f"({one.article})" if one.article else "", one.next_step)
            output.line(f"{mark} {' '.join(word for word in words if word)}")
    return 0 if well else 1


def _look(asked: argparse.Namespace) -> list[Finding]:
    """Everything that could be looked at; a home that does not open whole is opened for reading only."""
    unlocking.laptop_home(asked)
    passphrase = unlocking.passphrase_of(asked)
    found: list[Finding] = []
    for reading_only in (False, True):
        try:
            with unlocking.open_with(asked, passphrase, reading_only=reading_only) as laptop:
                found.extend(_examine(laptop, repair=asked.repair))
        except (Damaged, StoreProblem) as error:
            found.append(
                Finding(error.code, False, " ".join(filter(None, (error.sentence, error.safe))), error.next_step)
            )
        if any(one.code == _LAST for one in found):
            break
    return found


def _examine(laptop: Laptop, *, repair: bool) -> Iterator[Finding]:
    if repair:
        count = laptop.rebuild()
        yield Finding("repair", True, _("Listas rehechas desde el registro: {n} fichas.").format(n=count))
    for check in laptop.examine():
        yield Finding(check.code, check.well, check.sentence, check.next_step)
    yield from _cards(laptop)
    yield from _regulations(laptop)


def _cards(laptop: Laptop) -> Iterator[Finding]:
    """Readers, drivers and pinned roots; cards are optional, so what is missing fails nothing."""
    from itinerant.cli.cards import Cards

    for row in Cards(laptop.home.root).rows():
        yield Finding(row.code, row.ok, row.sentence, row.next_step)


def _regulations(laptop: Laptop) -> Iterator[Finding]:
    """What art. 45 asks of the open visit, and art. 53 of the laptop. Without a card no reader is looked for."""
    from itinerant.domain.rules import Elements, article_45, article_53

    visit = laptop.current_visit()
    asked = list(article_53(Elements(privacy=True)))
    if visit is not None:
        values = visit.values
        present = values.get("present")
        guides = len(present) if isinstance(present, list) and present else 1
        asked[:0] = article_45(_number(values.get("capacity")), True, _number(values.get("terminals")) or 0, guides)
    for one in asked:
        yield Finding(one.code, one.met, one.sentence, article=one.article)


def _number(value: Value) -> int | None:
    return value if isinstance(value, int) else None


def _salvage(asked: argparse.Namespace) -> int:
    from itinerant.store.disk.salvage import salvage

    home = unlocking.laptop_home(asked)
    saved = salvage(home, unlocking.passphrase_of(asked), asked.salvage)
    document = {
        "ok": True,
        "changes": saved.changes,
        "missing": [list(run) for run in saved.missing],
        "pages": list(saved.pages),
        "home": str(saved.home.root),
    }
    if asked.json:
        output.document(document)
    else:
        output.pairs([(_("Cambios rescatados"), saved.changes), (_("Carpeta nueva"), saved.home.root)])
        for first, last in saved.missing:
            output.line(_("Faltan los cambios {first} a {last}.").format(first=first, last=last))
    return 0
