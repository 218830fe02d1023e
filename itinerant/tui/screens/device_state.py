"""A laptop that was copied, put back, frozen, revoked or lost: what happened, what is safe, what to do; and how it
takes a new code.

* The words are those of `domain.condition`, the same as the command's.
* The office's file is named by its path; the answer comes by network, or on a stick with the request before it.
* Once it has its new code the laptop is locked: whoever opens it opens the new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from itinerant.domain.condition import Condition, condition
from itinerant.texts import N_, _, ngettext
from itinerant.tui.actions import bindings
from itinerant.tui.ports import Laptop
from itinerant.tui.ports_sync import Renewed
from itinerant.tui.screens.page import Dialog, Page
from itinerant.tui.widgets.key_bar import KeyBar
from itinerant.tui.work import ask


def look(laptop: Laptop) -> Condition | None:
    """What is the matter with the laptop; touches its disk."""
    standing = laptop.standing
    status = laptop.status()
    history = status.get("ledger", {}).get("sentence") or ""
    return condition(standing.state if standing else "", str(status.get("past", "")), laptop.device, history)


def warn(screen: Page[Any], place: Static) -> None:
    """Say in `place` that something is the matter, and how to see what; nothing when all is well."""
    laptop = screen.itinerant.laptop

    def show(found: Condition | None) -> None:
        place.display = found is not None
        if found is not None:
            place.update(Content(f"! {found.title}. " + _("W dice qué hacer.")))

    ask(screen, lambda: look(laptop), show, group="condition", exclusive=True)


class DeviceStateScreen(Page[None]):
    """The guide, and the keys that take a new code."""

    TITLE = N_("Estado de la inscripción")
    CSS_PATH = "../styles/device_state.tcss"
    BINDINGS = bindings("renew", "renew_out", "renew_in")

    def body(self) -> Iterable[Widget]:
        yield Static("", id="say")
        yield VerticalScroll(Static("", id="guide"))

    def on_mount(self) -> None:
        self.query_one("#say").display = False
        self.query_one(VerticalScroll).focus()
        laptop = self.itinerant.laptop
        ask(self, lambda: look(laptop), self._show)

    def _show(self, found: Condition | None) -> None:
        self.query_one("#guide", Static).update(Content("\n").join(guide(found)))

    def action_renew(self) -> None:
        """Take the new code over the network."""
        self.itinerant.push_screen(FileDialog(by_stick=False), self._by_network)

    def action_renew_out(self) -> None:
        """Write the request to a stick."""
        self.itinerant.push_screen(FileDialog(by_stick=True), self._by_stick)

    def action_renew_in(self) -> None:
        """Read the office's answer from a stick."""
        self.itinerant.push_screen(FileDialog(by_stick=True, file=False), self._answer)

    def _by_network(self, given: Given | None) -> None:
        if given is not None:
            laptop, renewal = self.itinerant.laptop, self.itinerant.sync.renewal
            self._say(_("Enviando lo que hay y pidiendo el código nuevo…"))
            self._run(lambda: renewal.by_network(laptop, Path(given.file)))

    def _answer(self, given: Given | None) -> None:
        if given is not None:
            laptop, renewal = self.itinerant.laptop, self.itinerant.sync.renewal
            self._run(lambda: renewal.read(laptop, Path(given.folder)))

    def _by_stick(self, given: Given | None) -> None:
        if given is None:
            return
        laptop, renewal = self.itinerant.laptop, self.itinerant.sync.renewal
        text = _("✓ Escrito {name}. Lleve la memoria a la oficina; a la vuelta pulse L. Puede seguir registrando.")
        ask(
            self,
            lambda: renewal.write(laptop, Path(given.file), Path(given.folder)),
            lambda path: self._say(text.format(name=path.name)),
        )

    def _run(self, job: Any) -> None:
        ask(self, job, self._renewed, otherwise=self._failed, group="renewal", exclusive=True)

    def _renewed(self, done: Renewed) -> None:
        count = len(done.renumbered)
        text = ngettext(
            "Esta laptop es ahora {device}; {n} cambio lleva otro número. Ábrala de nuevo y sincronice.",
            "Esta laptop es ahora {device}; {n} cambios llevan otro número. Ábrala de nuevo y sincronice.",
            count,
        )
        self.itinerant.lock_with(text.format(device=done.device, n=count))

    def _failed(self, error: Any) -> None:
        self._say("")
        self.itinerant.show_error(error)

    def _say(self, text: str) -> None:
        place = self.query_one("#say", Static)
        place.display = bool(text)
        place.update(Content.styled(text, "bold $accent"))


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed: the office's file, and the folder of the stick."""

    file: str = ""
    folder: str = ""


class FileDialog(Dialog[Given]):
    """Asks for the office's file, for the stick's folder, or for both."""

    BINDINGS = bindings("save")

    def __init__(self, *, by_stick: bool, file: bool = True) -> None:
        super().__init__()
        self._wanted = [name for name, wanted in (("file", file), ("folder", by_stick)) if wanted]

    def compose(self) -> ComposeResult:
        labels = {
            "file": _("Archivo de la oficina que reemplaza el código"),
            "folder": _("Carpeta de la memoria: E:\\ o /media/usb"),
        }
        with Vertical(classes="window -wide"):
            yield Static(_("Código nuevo para esta laptop"), classes="title")
            for name in self._wanted:
                yield Static(labels[name], classes="prose", markup=False)
                yield Input(validate_on=(), id=name)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query(Input).first().focus()

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        if event.input.id == self._wanted[-1]:
            self.action_save()
        else:
            self.focus_next(Input)

    def action_save(self) -> None:
        """Answer, once everything was typed."""
        given = {str(field.id): field.value.strip() for field in self.query(Input)}
        if all(given.values()):
            self.dismiss(Given(**given))


def guide(found: Condition | None) -> Iterable[Content]:
    """The guide's lines."""
    if found is None:
        yield Content.styled(_("✓ La oficina reconoce esta laptop y sus datos siguen."), "bold $success")
        return
    yield Content.styled(f"! {found.title}", "bold $warning")
    for heading, text in ((_("Qué pasó"), found.happened), (_("Qué está a salvo"), found.safe)):
        yield Content("")
        yield Content.styled(heading, "bold $accent")
        yield Content(text)
    yield Content("")
    yield Content.styled(_("Qué hacer"), "bold $accent")
    for number, step in enumerate(found.steps, start=1):
        yield Content(f"{number}. {step}")
    if found.renews:
        yield Content("")
        yield Content.styled(
            _("Con el archivo de la oficina: T por la red; E escribe la solicitud en una memoria; L lee la respuesta."),
            "$muted",
        )
