"""The stick: which drives are connected and how full; the sync that a hand carries, to the office or between laptops.

* The list follows what is plugged in and pulled out; a folder may be typed too.
* Writing and reading run in a worker; Esc stops them after the file at hand, and what was written whole is good.
* The summary stays until another one takes its place: what was written and for whom, what was read, which files are
  damaged, by name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from itinerant.errors import ItinerantError
from itinerant.texts import N_, _, ngettext
from itinerant.tui.actions import bindings
from itinerant.tui.messages import SyncProgress
from itinerant.tui.ports_sync import Drive, StickRead, StickWritten
from itinerant.tui.screens.page import Dialog, Page
from itinerant.tui.widgets.key_bar import KeyBar
from itinerant.tui.widgets.record_table import Column, RecordTable
from itinerant.tui.work import ask

LOOK_EVERY_S = 2.0
_BAR = 40
_NAMED = 20
"""Damaged files that are named one by one."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A line of the list."""

    path: Path
    words: str


class StickScreen(Page[None]):
    """The drives, and what was written to one or read from it."""

    TITLE = N_("Memoria USB")
    CSS_PATH = "../styles/stick.tcss"
    BINDINGS = bindings("write_stick", "read_stick", "other_folder")

    def __init__(self) -> None:
        super().__init__()
        self._drives: Sequence[Drive] = ()
        self._typed: list[_Place] = []
        self._stop: threading.Event | None = None
        self._doing = ""
        self._then: Callable[[], Any] | None = None

    def body(self) -> Iterable[Widget]:
        self._table: RecordTable[_Place] = RecordTable(
            [
                Column(_("Memoria"), 0, lambda place: place.words),
                Column(_("Carpeta"), 24, lambda place: str(place.path), muted=True),
            ],
            empty=_("Conecte una memoria; o pulse O para escribir una carpeta."),
        )
        yield self._table
        yield Horizontal(
            Button(f"{_('Escribir envíos')}  E", id="write", classes="primary"),
            Button(f"{_('Leer constancias')}  L", id="read"),
            id="buttons",
        )
        yield Static("", id="progress")
        yield VerticalScroll(Static("", id="news"), can_focus=False)

    def on_mount(self) -> None:
        self.query_one("#progress").display = False
        self._table.focus()
        self._say([Content.styled(_("Va cifrado: quien lleva la memoria no puede leer nada."), "$muted")])
        self.look()
        self.set_interval(LOOK_EVERY_S, self.look)

    def look(self) -> None:
        """See which drives are connected now."""
        if not self.running and self.itinerant.unlocked:
            ask(self, self.itinerant.sync.stick.drives, self._found, group="drives", exclusive=True)

    def _found(self, drives: Sequence[Drive]) -> None:
        self._drives = drives
        rows = [*(_Place(drive.path, drive.words()) for drive in drives), *self._typed]
        if rows != self._table.rows:
            self._table.show(rows, more=False, keep=lambda place: place.path)

    # What a person does.

    def action_other_folder(self) -> None:
        """Type a folder instead of choosing a drive."""
        self.app.push_screen(FolderDialog(), self._typed_in)

    def _typed_in(self, text: str | None) -> None:
        if text:
            place = _Place(Path(text).expanduser(), _("Carpeta escrita"))
            self._typed = [each for each in self._typed if each.path != place.path] + [place]
            self._found(self._drives)
            self._table.action_edge(1)

    @on(Button.Pressed, "#write")
    def action_write_stick(self) -> None:
        """Write the parcels."""
        stick, laptop = self.itinerant.sync.stick, self.itinerant.laptop

        def job(place: Path, stop: threading.Event) -> StickWritten:
            return stick.write(laptop, place, progress=self._progress, cancelled=stop.is_set)

        self._start(N_("Escribiendo: {done} de {total} cambios · Esc detiene"), job, written)

    @on(Button.Pressed, "#read")
    def action_read_stick(self) -> None:
        """Read receipts and what other laptops wrote."""
        stick, laptop = self.itinerant.sync.stick, self.itinerant.laptop

        def job(place: Path, stop: threading.Event) -> StickRead:
            return stick.read(laptop, place, progress=self._progress, cancelled=stop.is_set)

        self._start(N_("Leyendo: {done} de {total} archivos · Esc detiene"), job, read)

    def _start(
        self,
        doing: str,
        job: Callable[[Path, threading.Event], Any],
        summary: Callable[[Any], Iterable[Content]],
    ) -> None:
        place = self._table.marked
        if self.running:
            return
        if place is None:
            self.action_other_folder()
            return
        self._stop = stop = threading.Event()
        self._doing = doing
        self._draw(0, 0)
        self._say([])
        ask(
            self,
            lambda: job(place.path, stop),
            lambda done: self._ended([_of(place), *summary(done)]),
            otherwise=self._failed,
            group="stick",
        )

    # While it runs.

    @property
    def running(self) -> bool:
        """Whether something is being written or read."""
        return self._stop is not None

    def _progress(self, done: int, total: int) -> None:
        self.post_message(SyncProgress(done, total))

    @on(SyncProgress)
    def _travelled(self, event: SyncProgress) -> None:
        if self.running:
            self._draw(event.done, event.total)

    def _draw(self, done: int, total: int) -> None:
        full = _BAR * done // total if total else 0
        bar = Content.assemble(("█" * full, "$accent"), ("░" * (_BAR - full), "$muted"))
        line = self.query_one("#progress", Static)
        line.display = self.running
        line.update(Content("\n").join([Content(_(self._doing).format(done=done, total=total)), bar]))

    def _say(self, lines: Iterable[Content]) -> None:
        self.query_one("#news", Static).update(Content("\n").join(lines))

    def _ended(self, lines: Iterable[Content]) -> None:
        self._stop = None
        if self._then is not None:
            self._then()
            return
        self._draw(0, 0)
        self._say(lines)
        self.look()
        self.itinerant.refresh_status()

    def _failed(self, error: ItinerantError) -> None:
        self._ended([])
        if self.is_attached:
            self.itinerant.show_error(error)

    def put_away(self, then: Callable[[], Any]) -> None:
        if self._stop is None:
            then()
        else:
            self._then = then
            self._stop.set()

    def action_back(self) -> None:
        """Stop what runs, or go back."""
        if self._stop is not None:
            self._stop.set()
        else:
            self.dismiss(None)


class FolderDialog(Dialog[str]):
    """Asks for a folder; answers with what was typed, or None."""

    BINDINGS = bindings("save")

    def compose(self) -> ComposeResult:
        with Vertical(classes="window -wide"):
            yield Static(_("¿En qué carpeta?"), classes="title")
            yield Static(_("La de la memoria, como la muestra su sistema: E:\\ o /media/usb."), classes="prose")
            yield Input(validate_on=(), id="folder")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Answer."""
        self.dismiss(self.query_one(Input).value.strip())


def written(done: StickWritten) -> Iterable[Content]:
    """What was written, and for whom."""
    if done.stopped:
        yield Content.styled(
            _("Detenido. Lo escrito entero vale; lo demás se escribe la próxima vez."), "bold $warning"
        )
    else:
        yield Content.styled(_("✓ Escrito. Expulse la memoria antes de retirarla."), "bold $success")
    office = ngettext("{n} cambio", "{n} cambios", done.changes).format(n=done.changes)
    if done.changes:
        text = _("Para la oficina: {changes}. Siguen pendientes hasta leer aquí su constancia.")
    else:
        text = _("Para la oficina: nada pendiente; se le pide lo nuevo.")
    yield Content(text.format(changes=office))
    for peer in done.peers:
        changes = ngettext("{n} cambio", "{n} cambios", peer.changes).format(n=peer.changes)
        yield Content(_("Para la laptop {device}: {changes}.").format(device=peer.device, changes=changes))
    files = ngettext("{n} archivo en total.", "{n} archivos en total.", len(done.files)).format(n=len(done.files))
    yield Content.styled(files, "$muted")


def read(done: StickRead) -> Iterable[Content]:
    """What was read, and what was wrong with the rest."""
    if done.stopped:
        yield Content.styled(_("Detenido. Puede leerla otra vez: nada se repite."), "bold $warning")
    elif not (done.receipts or done.peers or done.damaged):
        yield Content.styled(_("En la memoria no hay nada para esta laptop."), "bold $warning")
    else:
        yield Content.styled(_("✓ Leído."), "bold $success")
    if done.receipts:
        text = _("De la oficina: {sent} cambios de aquí recibidos por ella, {received} traídos.")
        yield Content(text.format(sent=done.sent, received=done.received))
    for peer in done.peers:
        changes = ngettext("{n} cambio nuevo", "{n} cambios nuevos", peer.changes).format(n=peer.changes)
        yield Content(_("De la laptop {device}: {changes}.").format(device=peer.device, changes=changes))
        if peer.out:
            text = _("! {n} más no cuentan: la oficina los apartó o los apartará.").format(n=peer.out)
            yield Content.styled(text, "$warning")
        if peer.ahead:
            text = _("! Tiene de esta laptop más de lo que hay aquí: ¿se repuso una copia? Avise a la oficina.")
            yield Content.styled(text, "$warning")
    if done.foreign:
        text = ngettext(
            "{n} archivo es para otros: se deja como está.", "{n} archivos son para otros: se dejan.", done.foreign
        )
        yield Content.styled(text.format(n=done.foreign), "$muted")
    for error in done.damaged[:_NAMED]:
        yield Content.styled(f"! {Path(error.place).name}: {error.sentence}", "bold $error")
    if len(done.damaged) > _NAMED:
        yield Content.styled(_("! … y {n} dañados más.").format(n=len(done.damaged) - _NAMED), "bold $error")


def _of(place: _Place) -> Content:
    return Content.styled(f"{place.words.partition(' · ')[0]} · {place.path}", "bold $accent")
