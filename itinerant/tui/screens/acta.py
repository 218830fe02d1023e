"""The acta of a visit: its totals and, beside them, the code that ties it to the log. From here it goes to paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import acta as papers
from itinerant.domain import qr
from itinerant.domain.acta import Acta
from itinerant.texts import N_, _
from itinerant.tui.actions import bindings
from itinerant.tui.cells import clip
from itinerant.tui.screens.page import Page
from itinerant.tui.screens.question import Question
from itinerant.tui.work import ask

_WIDTH = 36
_LEAST_LABEL = 24
_FULL_HASH = 64


class ActaScreen(Page[None]):
    """Shows an acta."""

    TITLE = N_("Acta de la jornada")
    CSS_PATH = "../styles/paper.tcss"
    BINDINGS = bindings("save_paper")

    def __init__(self, made: Acta) -> None:
        super().__init__()
        self._acta = made

    def heading(self) -> str:
        return f"{_(str(self.TITLE))} {self._acta.visit}"

    def body(self) -> Iterable[Widget]:
        code = Static("\n".join(qr.half_blocks(self._acta.modules)), id="qr", markup=False)
        yield Horizontal(
            VerticalScroll(Static(self._text(), id="acta")),
            Vertical(code, Static(self._acta.code, classes="title"), id="code"),
            id="sheet",
        )

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def _text(self) -> Content:
        lines: list[Content] = []
        for section in papers.sections(self._acta):
            lines.append(Content.styled(section.title, "bold $accent"))
            for label, value in section.pairs:
                if len(value) == _FULL_HASH:
                    continue  # the paper has it; the screen shows the code
                room = _WIDTH - len(value) - 1
                if room >= _LEAST_LABEL or len(label) <= room:
                    lines.append(Content.assemble((clip(label, room), "$muted"), f" {value}"))
                else:
                    lines += [Content.styled(label, "$muted"), Content.assemble("  ", value)]
            lines.append(Content(""))
        return Content("\n").join(lines)

    def action_save_paper(self) -> None:
        """Ask where, and write the files."""
        ask(self, self.itinerant.desk.folders, self._ask_where)

    def _ask_where(self, folders: Sequence[tuple[Path, str]]) -> None:
        text = _("Se escriben {name}.txt y {name}.pdf. No llevan datos de ciudadanos.").format(
            name=self._acta.file_name
        )
        answers = [(str(path), words) for path, words in folders[:9]]
        self.app.push_screen(Question(_("¿Dónde guardar el acta?"), text, answers), self._write)

    def _write(self, folder: str | None) -> None:
        if folder is None:
            return
        desk, made = self.itinerant.desk, self._acta
        job = lambda: desk.put(Path(folder), papers.files(made))  # noqa: E731 - handed on
        ask(self, job, self._written)

    def _written(self, paths: Sequence[Path]) -> None:
        self.itinerant.good_news(_("✓ Acta escrita: {path}").format(path=paths[-1]))
