"""The acta of a visit: its totals and, beside them, the code that ties it to the log. From here it goes to paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from itinerant.tui.screens.pin import PinDialog, insisting
from itinerant.tui.screens.question import Question
from itinerant.tui.work import ask

_WIDTH = 36
_LEAST_LABEL = 24
_FULL_HASH = 64


class ActaScreen(Page[None]):
    """Shows an acta."""

    TITLE = N_("Acta de la jornada")
    CSS_PATH = "../styles/paper.tcss"
    BINDINGS = bindings("save_paper", "sign")

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
        text = _("Se escriben {name}.txt y {name}.pdf. No llevan datos de ciudadanos.")
        self._keep(papers.files(self._acta), text.format(name=self._acta.file_name))

    def action_sign(self) -> None:
        """Sign the PDF with the card in the reader, then ask where it goes."""
        text = _(
            "Ponga su tarjeta y escriba el PIN de firma. La firma cubre la huella del registro, que está en el acta."
        )
        self.app.push_screen(PinDialog(_("Firmar el acta"), text), self._sign)

    def _sign(self, pin: str | None) -> None:
        if pin is not None:
            signatures, made = self.itinerant.desk.signatures, self._acta
            job = lambda insist: signatures.sign_acta(made, pin, insist=insist)  # noqa: E731 - handed on
            insisting(self, job, self._signed, self.itinerant.show_error)

    def _signed(self, done: tuple[str, bytes]) -> None:
        name, content = done
        self._keep({name: content}, _("Se escribe {name}, firmado con su tarjeta.").format(name=name))

    def _keep(self, files: Mapping[str, bytes], text: str) -> None:
        """Ask where these files go, and write them."""

        def write(folder: str | None) -> None:
            if folder is not None:
                desk = self.itinerant.desk
                ask(self, lambda: desk.put(Path(folder), files), self._written)

        def where(folders: Sequence[tuple[Path, str]]) -> None:
            answers = [(str(path), words) for path, words in folders[:9]]
            self.app.push_screen(Question(_("¿Dónde guardar el acta?"), text, answers), write)

        ask(self, self.itinerant.desk.folders, where)

    def _written(self, paths: Sequence[Path]) -> None:
        self.itinerant.good_news(_("✓ Acta escrita: {path}").format(path=paths[-1]))
