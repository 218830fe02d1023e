"""Possible duplicates: two attentions that look like one. A person says which one stays, or that they are two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual import events, on
from textual.content import Content

from itinerant.domain import words
from itinerant.domain.session import SESSION
from itinerant.texts import N_, _, ngettext
from itinerant.tui import services as catalogue
from itinerant.tui.actions import bindings
from itinerant.tui.ports import Proposal, Row, Services
from itinerant.tui.screens.compared import ComparedPage
from itinerant.tui.widgets.record_table import Column, RecordTable
from itinerant.tui.work import ask

_LABEL = 16
_COLUMN = 28
_COMPARED = ("started_at", "duration_s", "terminal", "outcome", "age_band", "sex", "language", "note")


@dataclass(frozen=True, slots=True)
class _Found:
    proposals: Sequence[Proposal]
    names: Mapping[str, str]
    services: Services


class DuplicatesScreen(ComparedPage[Proposal]):
    """What two laptops may have logged twice."""

    TITLE = N_("Posibles duplicadas")
    BINDINGS = bindings("are_two")
    NOTHING = N_("✓ No hay posibles duplicadas.")

    def __init__(self) -> None:
        super().__init__()
        self._found: _Found | None = None

    def columns(self) -> Sequence[Column[Proposal]]:
        return [
            Column(_("Atención 1"), 14, lambda one: one.first.record),
            Column(_("Atención 2"), 14, lambda one: one.second.record),
            Column(_("Servicio"), 0, lambda one: self._service(one.first)),
            Column(_("Inicio"), 16, lambda one: words.moment(_number(one.first, "started_at")), muted=True),
        ]

    def read(self) -> None:
        laptop = self.itinerant.laptop
        job = lambda: _Found(laptop.duplicates.list(), dict(laptop.person_names), laptop.services)  # noqa: E731 - handed on
        ask(self, job, self._show, group="duplicates", exclusive=True)

    def _show(self, found: _Found) -> None:
        self._found = found
        count = len(found.proposals)
        title = ngettext("{n} posible duplicada", "{n} posibles duplicadas", count).format(n=count)
        title = title if count else _("Posibles duplicadas")
        self.fill(found.proposals, title, lambda one: (one.first.record, one.second.record))

    def lines(self, one: Proposal) -> Iterable[Content]:
        pair = (one.first, one.second)
        yield self._line("", [f"{n} {row.record}" for n, row in enumerate(pair, 1)], "bold $accent")
        yield self._line(_("Quién"), [self._who(row.made_by) for row in pair])
        for name in _COMPARED:
            item = SESSION.by_name[name]
            texts = [words.shown(item, row.values.get(name)) for row in pair]
            if any(texts):
                yield self._line(_(item.label), texts)
        yield Content("")
        if one.lost:
            yield Content.styled(_("! Cada una se anuló por repetir a la otra: no cuenta ninguna."), "bold $warning")
        yield Content.styled(
            _("Si son la misma: 1 o 2 dice cuál queda. Si son dos: S. Se pide el motivo; nada se borra."), "$muted"
        )

    @staticmethod
    def _line(label: str, texts: Sequence[str], style: str = "") -> Content:
        cells = "".join(text[: _COLUMN - 1].ljust(_COLUMN) for text in texts)
        return Content.assemble((label.ljust(_LABEL), "$muted"), (cells, style))

    def _who(self, code: str) -> str:
        return self._found.names.get(code, code) if self._found else code

    def _service(self, row: Row) -> str:
        code = row.values.get("service")
        return catalogue.label(self._found.services, code) if self._found else str(code)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "are_two":
            return self.is_mounted and self._table.marked is not None
        return super().check_action(action, parameters)

    def on_key(self, event: events.Key) -> None:
        one = self._table.marked
        if one is not None and event.character in ("1", "2"):
            event.stop()
            kept, repeated = (one.first, one.second) if event.character == "1" else (one.second, one.first)
            self._confirm(kept.record, repeated.record)

    @on(RecordTable.Opened)
    def _opened(self) -> None:
        """A click on the marked pair changes nothing: a digit decides."""

    def _confirm(self, kept: str, repeated: str) -> None:
        text = _("Queda {kept}; {repeated} se anula por repetirla.").format(kept=kept, repeated=repeated)
        laptop = self.itinerant.laptop
        self.decide(text, lambda why: laptop.duplicates.confirm(repeated, kept, why))

    def action_are_two(self) -> None:
        """They are two attentions."""
        one = self._table.marked
        if one is not None:
            first, second, laptop = one.first.record, one.second.record, self.itinerant.laptop
            text = _("{one} y {other} cuentan las dos y no se proponen más.").format(one=first, other=second)
            self.decide(text, lambda why: laptop.duplicates.dismiss(first, second, why))


def _number(row: Row, name: str) -> int:
    value = row.values.get(name)
    return value if isinstance(value, int) else 0
