"""People and accesses: who can unlock this laptop; letting somebody in or out, and one's own passphrase.

* Whoever is let in types their own passphrase.
* A removal encrypts the notebook again; a window says so and stays until it is done. It is safe to lose power in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain.people import ROLES
from itinerant.errors import ItinerantError
from itinerant.texts import N_, _
from itinerant.tui.actions import bindings
from itinerant.tui.ports import Access
from itinerant.tui.screens.page import Dialog, Page
from itinerant.tui.screens.passphrase import PassphraseDialog, Words
from itinerant.tui.screens.question import Question
from itinerant.tui.widgets.key_bar import KeyBar
from itinerant.tui.widgets.record_table import Column, RecordTable
from itinerant.tui.work import ask

_ROLES: Mapping[str, str] = {role.value: role.label for role in ROLES}


@dataclass(frozen=True, slots=True)
class _Found:
    people: Sequence[Access]
    names: Mapping[str, str]


class PeopleScreen(Page[None]):
    """Who can unlock this laptop."""

    TITLE = N_("Personas y accesos")
    CSS_PATH = "../styles/people.tcss"
    BINDINGS = bindings("add_person", "remove_person", "change_passphrase")

    def __init__(self) -> None:
        super().__init__()
        self._names: Mapping[str, str] = {}

    def body(self) -> Iterable[Widget]:
        self._table: RecordTable[Access] = RecordTable(
            [
                Column(_("Código"), 12, lambda one: one.code),
                Column(_("Nombre"), 0, lambda one: one.name),
                Column(_("Cargo"), 20, lambda one: _(_ROLES.get(one.role, one.role)) if one.role else "", muted=True),
                Column(_("Estado"), 24, _state),
            ]
        )
        yield self._table
        yield Static("", id="notes")

    def on_mount(self) -> None:
        self._table.focus()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if not self.itinerant.unlocked:
            return  # the screens above are being closed by a lock
        laptop = self.itinerant.laptop
        job = lambda: _Found(laptop.accesses.list(), dict(laptop.person_names))  # noqa: E731 - handed on
        ask(self, job, self._show, group="people", exclusive=True)

    def _show(self, found: _Found) -> None:
        self._names = found.names
        self._table.show(found.people, more=False, keep=lambda one: one.code)
        lines = [Content.styled(_("Cada persona abre con su propia frase, y lo que hace lleva su código."), "$muted")]
        for one in found.people:
            if one.departed:
                words = _("! {code} ya no figura en el personal: señálelo y pulse X para quitar su acceso.")
                lines.append(Content.styled(words.format(code=one.code), "bold $warning"))
        self.query_one("#notes", Static).update(Content("\n").join(lines))

    def action_add_person(self) -> None:
        """Let somebody in, or give a new passphrase to one who forgot theirs."""
        have = {one.code for one in self._table.rows}
        others = ", ".join(f"{code} {name}" for code, name in sorted(self._names.items()) if code not in have)
        text = _("Que la persona escriba su frase; nadie más necesita saberla.")
        if others:
            text += "\n" + _("Sin acceso todavía: {people}.").format(people=others)
        dialog = PassphraseDialog(_("Dar acceso a esta laptop"), text, person=True)
        self.app.push_screen(dialog, self._add)

    def _add(self, words: Words | None) -> None:
        if words is not None:
            accesses = self.itinerant.laptop.accesses
            done = _("✓ {code} ya puede abrir esta laptop.").format(code=words.person)
            self._work(_("Dando acceso…"), lambda: accesses.add(words.person, words.fresh), done)

    def action_change_passphrase(self) -> None:
        """Choose another passphrase for oneself."""
        text = _("La frase de antes dejará de abrir, también en copias viejas de esta carpeta.")
        self.app.push_screen(PassphraseDialog(_("Cambiar mi frase"), text, current=True), self._change)

    def _change(self, words: Words | None) -> None:
        if words is not None:
            accesses = self.itinerant.laptop.accesses
            job = lambda: accesses.change(words.current, words.fresh)  # noqa: E731 - handed on
            self._work(_("Volviendo a cifrar el cuaderno…"), job, _("✓ Su frase nueva ya vale."))

    def action_remove_person(self) -> None:
        """Shut the marked person out, after asking."""
        one = self._table.marked
        if one is None:
            return
        who = f"{one.code} {one.name}".rstrip()
        text = _(
            "{who} no podrá abrir esta laptop, ni con una copia vieja de sus archivos: el cuaderno se vuelve a cifrar"
            " con otra llave. Lo que anotó queda en la historia, con su código."
        ).format(who=who)
        if one.me:
            text += "\n" + _("Es su propio acceso: al terminar, la laptop se bloquea.")
        answers = (("no", _("No, que siga con acceso")), ("yes", _("Sí, quitar su acceso")))
        question = Question(_("¿Quitar el acceso a {who}?").format(who=who), text, answers)
        self.app.push_screen(question, lambda answer: self._remove(one) if answer == "yes" else None)

    def _remove(self, one: Access) -> None:
        accesses = self.itinerant.laptop.accesses
        done = _("✓ {code} ya no abre esta laptop.").format(code=one.code)
        after = self.itinerant.action_lock if one.me else lambda: None
        self._work(_("Volviendo a cifrar el cuaderno…"), lambda: accesses.remove(one.code), done, after)

    def _work(self, title: str, job: Callable[[], None], done: str, after: Callable[[], None] = lambda: None) -> None:
        """Do what takes a moment under a window that says so."""

        def told(error: ItinerantError | None) -> None:
            if error is not None:
                self.itinerant.show_error(error)
                return
            self.itinerant.good_news(done)
            after()

        self.app.push_screen(Working(title, job), told)


class Working(Dialog[ItinerantError]):
    """Says what is being done until it is; answers with what failed, or None. Esc does not stop it."""

    running = True
    """The idle lock waits."""

    def __init__(self, title: str, job: Callable[[], None]) -> None:
        super().__init__()
        self._title = title
        self._job = job

    def compose(self) -> ComposeResult:
        with Vertical(classes="window"):
            yield Static(self._title, classes="title", markup=False)
            text = _("Unos segundos. Si la laptop se apaga ahora, nada se pierde: al abrirla termina sola.")
            yield Static(text, classes="prose", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        ask(self, self._job, lambda _nothing: self.dismiss(None), otherwise=self.dismiss)

    def action_back(self) -> None:
        """Stay."""


def _state(one: Access) -> str:
    if one.departed:
        return _("! ya no figura")
    return _("✓ usted") if one.me else ""
