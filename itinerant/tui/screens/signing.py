"""Documents on the sticks: sign one with the card of the person who is there, or check the signatures that it has.

* The signed copy is written beside the document; nothing of it, nor of the card, stays on the laptop.
* A check is technical and says so; its words stay until another one takes their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from textual import on
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from itinerant.errors import UserError
from itinerant.texts import N_, _
from itinerant.tui.actions import bindings
from itinerant.tui.ports_signing import Verdict
from itinerant.tui.screens.page import Page
from itinerant.tui.screens.pin import PinDialog, insisting
from itinerant.tui.screens.stick import LOOK_EVERY_S, FolderDialog
from itinerant.tui.widgets.record_table import Column, RecordTable
from itinerant.tui.work import ask


class SigningScreen(Page[None]):
    """The documents that there are, and what was found out about one."""

    TITLE = N_("Firmas de documentos")
    CSS_PATH = "../styles/signing.tcss"
    BINDINGS = bindings("sign", "check_file", "other_folder")

    def __init__(self) -> None:
        super().__init__()
        self._typed: list[Path] = []

    def body(self) -> Iterable[Widget]:
        self._table: RecordTable[Path] = RecordTable(
            [
                Column(_("Documento"), 0, lambda path: path.name),
                Column(_("Carpeta"), 30, lambda path: str(path.parent), muted=True),
            ],
            empty=_("Conecte la memoria de la persona; o pulse O para escribir una carpeta."),
        )
        yield self._table
        yield VerticalScroll(Static("", id="verdict"), can_focus=False)

    def on_mount(self) -> None:
        self._table.focus()
        about = _("La copia firmada queda al lado del documento; en la laptop no queda nada.")
        self.query_one("#verdict", Static).update(Content.styled(about, "$muted"))
        self.look()
        self.set_interval(LOOK_EVERY_S, self.look)

    def look(self) -> None:
        """See which documents there are now: sticks come and go."""
        if not self.itinerant.unlocked:
            return
        desk, stick, typed = self.itinerant.desk, self.itinerant.sync.stick, list(self._typed)
        job = lambda: desk.signatures.files([*(drive.path for drive in stick.drives()), *typed])  # noqa: E731
        ask(self, job, self._found, group="files", exclusive=True)

    def _found(self, files: Sequence[Path]) -> None:
        if list(files) != self._table.rows:
            self._table.show(files, more=False, keep=lambda path: path)

    def action_other_folder(self) -> None:
        """Type a folder."""
        self.app.push_screen(FolderDialog(), self._typed_in)

    def _typed_in(self, text: str | None) -> None:
        if text:
            self._typed.append(Path(text).expanduser())
            self.look()

    @on(RecordTable.Opened)
    def action_check_file(self) -> None:
        """Check the marked document."""
        path, signatures = self._table.marked, self.itinerant.desk.signatures
        if path is not None:
            self.query_one("#verdict", Static).update(Content.styled(_("Comprobando…"), "$muted"))
            ask(self, lambda: signatures.check(path), lambda found: self._show(path, found), group="check")

    def _show(self, path: Path, found: Verdict) -> None:
        words = _("✓ Las firmas están en orden") if found.good else _("! No todo está en orden")
        lines = [Content.styled(f"{words}: {path.name}", "bold $success" if found.good else "bold $warning")]
        lines += [Content(line) for line in found.lines()]
        self.query_one("#verdict", Static).update(Content("\n").join(lines))

    def action_sign(self) -> None:
        """Sign the marked document, once the person has typed the PIN."""
        path = self._table.marked
        if path is None:
            return
        if path.suffix.lower() != ".pdf":
            words = _("Aquí solo se firman PDF."), _("Pida el documento en PDF.")
            self.itinerant.show_error(UserError(words[0], next_step=words[1], code="not_pdf"))
            return
        text = _("La persona lee el documento, pone su tarjeta y escribe el PIN de firma. Se firma tal como está.")
        self.app.push_screen(
            PinDialog(_("Firmar {name}").format(name=path.name), text), lambda pin: self._sign(path, pin)
        )

    def _sign(self, path: Path, pin: str | None) -> None:
        if pin is not None:
            signatures = self.itinerant.desk.signatures
            job = lambda insist: signatures.sign_file(path, pin, insist=insist)  # noqa: E731 - handed on
            insisting(self, job, self._signed, self.itinerant.show_error)

    def _signed(self, path: Path) -> None:
        self.itinerant.good_news(_("✓ Firmado: {path}").format(path=path))
        self.look()
