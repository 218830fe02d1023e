"""A new record of any kind: the form that its declaration asks for, with what the laptop knows already filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import words
from itinerant.domain.fields import Kind, Value
from itinerant.texts import N_, _
from itinerant.tui import plan, sources
from itinerant.tui.actions import bindings
from itinerant.tui.drafts import DraftKeeper
from itinerant.tui.ports import Laptop, Row, SavedDraft
from itinerant.tui.screens.form_page import FormPage, presentable
from itinerant.tui.screens.question import Question
from itinerant.tui.sources import Sources
from itinerant.tui.widgets.form import Form, Relevant
from itinerant.tui.work import ask

RELEVANT: Mapping[str, Relevant] = {
    "cost": {"until": lambda values: values.get("nature") == "fixed"},
    "incident": {
        "solution": lambda values: values.get("state") in ("solved", "attended"),
        "solved_at": lambda values: values.get("state") == "solved",
    },
}
"""Fields that make sense only with others, by kind."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the form needs, read in a worker's thread."""

    kind: Kind
    sources: Sources
    values: Mapping[str, Value]
    draft: SavedDraft | None


def draft_key(kind: Kind) -> str:
    """The name under which the draft of a new record is kept."""
    return f"record/{kind.name}"


def prepare(laptop: Laptop, kind: Kind, now_ms: int) -> Prepared:
    """Read what a new record of `kind` needs."""
    last: list[Row] = [row for row in laptop.list(kind.name, limit=5) if not row.void][:1]
    visit = laptop.current_visit()
    values = plan.beginnings(
        kind,
        last=last[0].values if last else {},
        visit=visit.values if visit else {},
        visit_ref=visit.record if visit else "",
        device=laptop.device,
        now_ms=now_ms,
    )
    return Prepared(kind, sources.load(laptop, kind), values, laptop.drafts.load(draft_key(kind)))


def form_of(kind: Kind, found: Sources) -> Form:
    """The form of a kind, for a new record and for a correction."""
    shape = plan.plan(kind)
    asked, rules = plan.by_hand(kind), RELEVANT.get(kind.name)
    return Form(asked, shape.asked, details=shape.details, options=found.options, relevant=rules)


class NewRecordScreen(FormPage):
    """Writes one record; answers with its number."""

    TITLE = N_("Registro nuevo")
    SAVE = N_("Guardar")
    BINDINGS = bindings("discard")

    def __init__(self, prepared: Prepared) -> None:
        super().__init__(prepared.kind)
        self._prepared = prepared

    def heading(self) -> str:
        return _("{kind}: registro nuevo").format(kind=_(self.kind.label))

    def top(self) -> Iterable[Widget]:
        draft = self._prepared.draft
        if draft:
            notice = _("Continúa lo escrito el {moment} · Ctrl+X lo descarta").format(moment=words.moment(draft.at))
            yield Static(notice, classes="notice")

    def make_form(self) -> Form:
        return form_of(self.kind, self._prepared.sources)

    def on_mount(self) -> None:
        self.keeper = DraftKeeper(self, self.itinerant.laptop.drafts, draft_key(self.kind), self._snapshot)
        kept = self._prepared.draft.values.get("values") if self._prepared.draft else None
        self.form.put({**self._prepared.values, **(kept if isinstance(kept, Mapping) else {})})

    def _snapshot(self) -> dict[str, Any]:
        return {"values": presentable(self.kind, self.form.values())}

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """What nobody is asked for: the brigade, and the laptop where the kind has one."""
        laptop = self.itinerant.laptop
        known: dict[str, Value] = {"brigade": laptop.brigade, "device": laptop.device}
        return {**{name: value for name, value in known.items() if name in self.kind.by_name}, **values}

    def write(self, values: Mapping[str, Value]) -> Callable[[], str]:
        laptop, kind = self.itinerant.laptop, self.kind

        def job() -> str:
            ref = laptop.add(kind.name, values)
            laptop.drafts.discard(draft_key(kind))
            return ref

        return job

    @on(Form.Finished)
    def _at_the_end(self) -> None:
        self.query_one("#save").focus()

    def action_discard(self) -> None:
        """Forget what was written, after asking."""
        question = Question(
            _("¿Descartar lo escrito?"),
            _("Se borra el borrador. No se registra nada."),
            [("no", _("Seguir escribiendo")), ("yes", _("Descartar"))],
        )
        self.app.push_screen(question, self._discard)

    def _discard(self, answer: str | None) -> None:
        if answer != "yes" or self.keeper is None:
            return
        drafts, key = self.itinerant.laptop.drafts, draft_key(self.kind)
        self.keeper.settle(lambda: ask(self, lambda: drafts.discard(key), lambda _nothing: self.dismiss(None)))
