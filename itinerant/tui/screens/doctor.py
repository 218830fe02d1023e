"""The laptop's state in words: file, log, clock, equipment, and what the norms ask of the open visit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import readiness
from itinerant.domain.fields import Value
from itinerant.domain.rules import Requirement
from itinerant.texts import N_, _, ngettext
from itinerant.tui.actions import bindings
from itinerant.tui.ports import Check, Desk, Laptop
from itinerant.tui.ports_card import Row
from itinerant.tui.screens.page import Page
from itinerant.tui.screens.readiness import SIGNS
from itinerant.tui.work import ask


@dataclass(frozen=True, slots=True)
class _Found:
    checks: Sequence[Check]
    equipment: Sequence[Requirement]
    norms: Sequence[Requirement]
    cards: Sequence[Row]


def _look(laptop: Laptop, desk: Desk) -> _Found:
    """Look at everything; in a worker's thread."""
    visit = laptop.current_visit()
    measured = desk.measure(laptop)
    answers: dict[str, Value] = {}
    norms: Sequence[Requirement] = ()
    if visit is not None:
        checks = [
            row.values for row in laptop.list("readiness", where={"visit": visit.record}, limit=5) if not row.void
        ]
        answers = {**_of(visit.values), **measured, **({} if not checks else _of(checks[0]))}
        norms = readiness.requirements({"guides": 1, **answers})
    return _Found(laptop.examine(), readiness.equipment(measured), norms, desk.cards.rows())


def _of(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


class DoctorScreen(Page[None]):
    """Shows what was found; it alters nothing."""

    TITLE = N_("Estado de la laptop")
    CSS_PATH = "../styles/paper.tcss"
    BINDINGS = bindings("look_again")

    def body(self) -> Iterable[Widget]:
        yield VerticalScroll(Static(_("Revisando…"), id="found"))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self.action_look_again()

    def action_look_again(self) -> None:
        """Look at everything again."""
        laptop, desk = self.itinerant.laptop, self.itinerant.desk
        self.query_one("#found", Static).update(_("Revisando…"))
        ask(self, lambda: _look(laptop, desk), self._show, group="doctor", exclusive=True)

    def _show(self, found: _Found) -> None:
        bad = sum(not one.well for one in found.checks) + sum(one.met is False for one in found.norms)
        title = (
            ngettext("{n} cosa por atender", "{n} cosas por atender", bad).format(n=bad)
            if bad
            else _("Todo está bien.")
        )
        lines = [Content.styled(title, "bold $warning" if bad else "bold $success"), Content("")]
        lines.append(Content.styled(_("Datos y registro"), "bold $accent"))
        for check in found.checks:
            lines.append(_line(check.well, check.sentence))
            if check.next_step:
                lines.append(Content.styled(f"    › {check.next_step}", "$muted"))
        lines += [Content(""), Content.styled(_("Equipo"), "bold $accent")]
        lines += [_line(one.met, one.sentence) for one in found.equipment]
        lines += [Content(""), Content.styled(_("Tarjetas y lectores"), "bold $accent")]
        for row in found.cards:
            lines.append(_line(row.ok, row.sentence))
            if row.next_step and row.ok is not True:
                lines.append(Content.styled(f"    › {row.next_step}", "$muted"))
        if found.norms:
            lines += [Content(""), Content.styled(_("Lo que pide la norma a esta jornada"), "bold $accent")]
            lines += [_line(one.met, one.sentence, one.article) for one in found.norms]
        self.query_one("#found", Static).update(Content("\n").join(lines))


def _line(met: bool | None, sentence: str, article: str = "") -> Content:
    sign, style = SIGNS[met]
    return Content.assemble((f"{sign} ", style), sentence, (f"  {article}" if article else "", "$muted"))
