"""The check before a visit opens: what the laptop measured, what the norms ask, what only a person can answer.

* What could be measured stands at the top and fills the form in; the conclusion follows each answer.
* It may be skipped with a reason, which stays in the record and in sight all day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import readiness
from itinerant.domain.fields import Value
from itinerant.domain.operations import READINESS
from itinerant.texts import N_, _, ngettext
from itinerant.tui.actions import bindings
from itinerant.tui.drafts import DraftKeeper
from itinerant.tui.ports import Desk, Laptop, SavedDraft
from itinerant.tui.screens.form_page import FormPage, presentable
from itinerant.tui.screens.reason import Reason
from itinerant.tui.widgets.form import Form

ASKED = (
    "terminals",
    "guides",
    "readers",
    "drivers",
    "infrastructure",
    "trained",
    "signing",
    "verifying",
    "note",
)
_DETAILS = ("capacity", "privacy")
_KEPT = ("infrastructure", "trained", "signing", "verifying")
"""Answers that begin as in the last check: they seldom change from one day to the next."""

_HALF = 34

DRAFT = "readiness"
"""Key of the draft of answers that were left."""

SIGNS = {True: ("✓", "$success"), False: ("!", "bold $warning"), None: ("·", "$muted")}


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the check starts from. `opening` are the values of the visit that it opens, or None: then `visit` is open
    already, or empty."""

    values: Mapping[str, Value]
    opening: Mapping[str, Value] | None
    visit: str
    draft: SavedDraft | None


def prepare(laptop: Laptop, desk: Desk, opening: Mapping[str, Value] | None) -> Prepared:
    """Measure, and read the last check; in a worker's thread."""
    last = [row.values for row in laptop.list("readiness", limit=5) if not row.void][:1]
    kept = {name: last[0].get(name) for name in _KEPT} if last else {}
    current = laptop.current_visit() if opening is None else None
    visit = opening if opening is not None else current.values if current else {}
    present = visit.get("present")
    values: dict[str, Value] = {
        **{name: value for name, value in kept.items() if value not in (None, "unknown")},
        "guides": len(present) if isinstance(present, list) and present else 1,
        **{name: visit[name] for name in ("capacity", "terminals") if visit.get(name) is not None},
        **desk.measure(laptop),
    }
    return Prepared(values, opening, current.record if current else "", laptop.drafts.load(DRAFT))


class ReadinessScreen(FormPage):
    """Answers with the number of the visit that it opened, or of the check alone."""

    TITLE = N_("Verificación antes de abrir")
    SAVE = N_("Guardar la verificación")
    CSS_PATH: ClassVar[Any] = ["../styles/fields.tcss", "../styles/form.tcss", "../styles/readiness.tcss"]
    BINDINGS = bindings("skip")

    def __init__(self, prepared: Prepared) -> None:
        super().__init__(READINESS)
        self._prepared = prepared
        if prepared.opening is not None:
            self.SAVE = N_("Abrir la jornada")

    def top(self) -> Iterable[Widget]:
        yield Static(self._measured(), id="measured")
        yield Static("", id="verdict")

    def _measured(self) -> Content:
        lines: list[Content] = []
        found = readiness.equipment(self._prepared.values)
        for pair in (found[:2], found[2:]):  # two in a line: no sentence is cut at 80 columns
            parts: list[str | tuple[str, str]] = []
            for one in pair:
                sign, style = SIGNS[one.met]
                parts += [(sign, style), f" {one.sentence}".ljust(_HALF)]
            lines.append(Content.assemble(*parts))
        return Content("\n").join(lines)

    def beside_the_button(self) -> Iterable[Widget]:
        if self._prepared.opening is not None:
            yield Static("   " + _("Ctrl+X la omite"), classes="-muted", id="omit")

    def make_form(self) -> Form:
        return Form(READINESS, ASKED, details=_DETAILS)

    def on_mount(self) -> None:
        self.keeper = DraftKeeper(self, self.itinerant.laptop.drafts, DRAFT, self._snapshot)
        kept = self._prepared.draft.values.get("values") if self._prepared.draft else None
        self.form.put({**self._prepared.values, **(kept if isinstance(kept, Mapping) else {})})
        self._show_verdict()

    def _snapshot(self) -> dict[str, Any]:
        """What was answered otherwise than the form began: what is measured is measured again."""
        values = presentable(READINESS, self.form.values())
        begun = self._prepared.values
        return {"values": {name: value for name, value in values.items() if value != begun.get(name)}}

    @on(Form.Changed)
    def _show_verdict(self) -> None:
        found = readiness.verdict(self._whole(self.form.values()))
        label = READINESS.by_name["verdict"].label_of(found.code)
        gaps = ngettext("falta {n} cosa", "faltan {n} cosas", len(found.gaps)).format(n=len(found.gaps))
        sign, style = SIGNS[found.code == "ready"]
        text = f"{label}: {gaps}. {found.gaps[0]}" if found.gaps else label
        self.query_one("#verdict", Static).update(Content.assemble((f"{sign} ", style), (text, style)))

    def _whole(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """The form's answers over what was measured; what is no field of the form stays as measured."""
        measured = {name: value for name, value in self._prepared.values.items() if name not in (*ASKED, *_DETAILS)}
        return {**measured, **values}

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        whole = self._whole(values)
        whole |= {name: "unknown" for name in readiness.ASKED if whole.get(name) is None}
        return {**whole, "checked_at": self.itinerant.now_ms(), "verdict": readiness.verdict(whole).code}

    def write(self, values: Mapping[str, Value]) -> Callable[[], str]:
        laptop, now, prepared = self.itinerant.laptop, self.itinerant.now_ms(), self._prepared

        def job() -> str:
            if prepared.opening is None:
                written = laptop.add("readiness", {**values, "visit": prepared.visit} if prepared.visit else values)
            else:
                written = laptop.open_visit({**prepared.opening, "opened_at": now})
                laptop.add("readiness", {**values, "visit": written})
            laptop.drafts.discard(DRAFT)
            return written

        return job

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "skip":
            return self._prepared.opening is not None
        return super().check_action(action, parameters)

    def action_skip(self) -> None:
        """Open without answering, with a reason."""
        text = _("La jornada se abre sin verificar. El motivo queda en el registro y a la vista todo el día.")
        length = READINESS.by_name["note"].length
        self.app.push_screen(Reason(_("¿Por qué se omite?"), text, length=length), self._skip)

    def _skip(self, why: str | None) -> None:
        if why is not None:
            unanswered: dict[str, Value] = dict.fromkeys(readiness.ASKED, "unknown")
            kept = {name: value for name, value in self._prepared.values.items() if name not in unanswered}
            self.store({**self.complete({**kept, **unanswered}), "verdict": "with_gaps", "note": why})
