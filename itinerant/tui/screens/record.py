"""One record as it is now and everything that was ever said of it; from here it is corrected or annulled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import words
from itinerant.domain.fields import VOID, Field, Value
from itinerant.domain.kinds import KINDS
from itinerant.log.change import Change
from itinerant.texts import N_, _
from itinerant.tui import plan
from itinerant.tui.actions import bindings
from itinerant.tui.ports import Row
from itinerant.tui.screens.page import Page
from itinerant.tui.screens.reason import Reason
from itinerant.tui.sources import Sources
from itinerant.tui.widgets.status_bar import StatusBar
from itinerant.tui.work import ask

_LABEL = 24


@dataclass(frozen=True, slots=True)
class _Found:
    row: Row | None
    history: Sequence[Change]
    names: dict[str, str]


class RecordScreen(Page[None]):
    """Shows the record of that number."""

    TITLE = N_("Registro")
    CSS_PATH = "../styles/record.tcss"
    BINDINGS = bindings("amend", "void", "unvoid", "acta", "report", "undo")

    def __init__(self, ref: str, found: Sources) -> None:
        super().__init__()
        self._ref = ref
        self._sources = found
        self._found: _Found | None = None

    def body(self) -> Iterable[Widget]:
        yield VerticalScroll(Static("", id="values"), Static("", id="history"))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def on_screen_resume(self) -> None:
        if not self.itinerant.unlocked:
            return  # the screens above are being closed by a lock
        laptop, ref = self.itinerant.laptop, self._ref

        def job() -> _Found:
            return _Found(laptop.get(ref), laptop.history(ref), dict(laptop.person_names))

        ask(self, job, self._show, group="record", exclusive=True)

    def _show(self, found: _Found) -> None:
        self._found = found
        row = found.row
        if row is None:
            self.dismiss(None)
            return
        title = f"{_(KINDS[row.kind].label)} {row.record}"
        self.query_one(StatusBar).retitle(f"{title} · {_('anulada')}" if row.void else title)
        self.query_one("#values", Static).update(Content("\n").join(self._values(row)))
        self.query_one("#history", Static).update(Content("\n").join(self._history(found)))
        self.refresh_bindings()

    def _values(self, row: Row) -> list[Content]:
        lines = [Content.styled("! " + _("Anulada"), "bold $warning")] if row.void else []
        for item in KINDS[row.kind].fields:
            value = row.values.get(item.name)
            if value is not None:
                lines.append(Content.assemble((_(item.label).ljust(_LABEL), "$muted"), self._text(item, value)))
        return lines

    def _text(self, item: Field, value: Value) -> str:
        return self._sources.shown(item, value)

    def _history(self, found: _Found) -> list[Content]:
        kind = KINDS[found.row.kind] if found.row else None
        lines = [Content.styled(_("Historia"), "bold $accent")]
        for change in found.history:
            who = found.names.get(change.by, change.by)
            lines.append(Content.assemble((change.ref.ljust(12), "bold"), f"{words.moment(change.at)} · {who}"))
            if change.why:
                lines.append(Content.styled(f"{'':12}{_('Motivo: {why}').format(why=change.why)}", "$muted"))
            if change.creates or kind is None:
                said = _("Registró la atención") if change.kind == "session" else _("Lo registró")
                lines.append(Content.styled(f"{'':12}{said}", "$muted"))
                continue
            for name, value in change.set.items():
                said = _("Anuló") if value else _("Quitó la anulación")
                if name != VOID and name in kind.by_name:
                    item = kind.by_name[name]
                    said = f"{_(item.label)}: {self._text(item, value) if value is not None else _('vacío')}"
                lines.append(Content.styled(f"{'':12}{said}", "$muted"))
        return lines

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = self._found.row if self._found else None
        if action in ("amend", "void", "unvoid"):
            ours = row is not None and plan.writable(row.kind)
            return ours and row is not None and row.void == (action == "unvoid")
        if action in ("acta", "report"):
            return row is not None and row.kind == "visit"
        return super().check_action(action, parameters)

    def action_amend(self) -> None:
        """Correct the record in its form."""
        row = self._found.row if self._found else None
        if row is not None:
            from itinerant.tui.screens import amend  # noqa: PLC0415 - imported when asked for

            laptop = self.itinerant.laptop
            draft = lambda: laptop.drafts.load(amend.draft_key(row.record))  # noqa: E731 - handed on
            ask(self, draft, lambda kept: self._amend(amend.AmendScreen(row, self._sources, kept)))

    def _amend(self, screen: Screen[str]) -> None:
        self.app.push_screen(screen, self._told)

    def action_void(self) -> None:
        """Annul the record, with a reason."""
        question = Reason(
            _("Anular {ref}").format(ref=self._ref),
            _("La atención deja de contar. No se borra: queda en la historia, y puede recuperarse.")
            if self._found and self._found.row and self._found.row.kind == "session"
            else _("Deja de contar. No se borra: queda en la historia, y puede recuperarse."),
        )
        self.app.push_screen(question, lambda why: self._set_void(True, why))

    def action_unvoid(self) -> None:
        """Bring an annulled record back, with a reason."""
        question = Reason(_("Recuperar {ref}").format(ref=self._ref), _("Vuelve a contar. La anulación queda escrita."))
        self.app.push_screen(question, lambda why: self._set_void(False, why))

    def _set_void(self, void: bool, why: str | None) -> None:
        if why is not None:
            laptop = self.itinerant.laptop
            ask(self, lambda: laptop.amend(self._ref, {VOID: void}, why), self._voided)

    def action_undo(self) -> None:
        """Take back what was saved last."""
        self.itinerant.undo(self.on_screen_resume)

    def action_acta(self) -> None:
        """The visit's totals on paper."""
        self.itinerant.routes.acta(self._ref)

    def action_report(self) -> None:
        """The visit in figures."""
        self.itinerant.routes.report(self._ref)

    def _voided(self, ref: str) -> None:
        self._told(ref)
        self.on_screen_resume()

    def _told(self, ref: str | None) -> None:
        self.itinerant.told_saved(ref, self._ref)
