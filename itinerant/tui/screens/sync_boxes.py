"""The boxes of the sync centre, each a list to read: what waits, what came, what was set aside, what tries came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import synced, words
from itinerant.domain.kinds import KINDS
from itinerant.log.change import Change
from itinerant.texts import N_, _
from itinerant.tui.ports import Laptop, Standing
from itinerant.tui.screens.page import Page
from itinerant.tui.work import ask

MOST = 200
"""Lines of a box: what somebody reads, not all that there is."""
_LABEL = 20

_STATES = {
    "frozen": N_("La oficina tiene esta laptop en observación: siga registrando, nada se pierde, y avise a TI."),
    "revoked": N_("La oficina revocó esta laptop: lo nuevo se guarda aparte. Avise a TI."),
    "lost": N_("La oficina la tiene por perdida: avise que la encontró."),
    "retired": N_("La oficina dio de baja esta laptop: avise a TI antes de seguir."),
}

Lines = Callable[[Laptop], Sequence[Content]]


class BoxScreen(Page[None]):
    """A title and the lines that `read` gives, in a worker's thread."""

    CSS_PATH = "../styles/sync.tcss"

    def __init__(self, title: str, read: Lines) -> None:
        super().__init__()
        self._title = title
        self._lines = read

    def heading(self) -> str:
        return self._title

    def body(self) -> Iterable[Widget]:
        yield VerticalScroll(Static("", id="lines"))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        laptop = self.itinerant.laptop
        ask(self, lambda: self._lines(laptop), self._show, group="box", exclusive=True)

    def _show(self, lines: Sequence[Content]) -> None:
        self.query_one("#lines", Static).update(Content("\n").join(lines or [Content(_("Nada."))]))


def outbox(laptop: Laptop) -> Sequence[Content]:
    """What waits, and what keeps it."""
    found = laptop.mailbox.outbox(MOST)
    if not found:
        return [Content(_("✓ La oficina confirmó todo."))]
    planned = laptop.status().get("next_try_at")
    when = _("Próximo intento: {at}.").format(at=words.moment(planned)) if planned else _("Salen con el próximo envío.")
    return [Content(when), Content(""), *map(_line, found)]


def inbox(laptop: Laptop) -> Sequence[Content]:
    """What others wrote, the latest first."""
    return [_line(change) for change in laptop.mailbox.inbox(MOST)]


def tries(laptop: Laptop) -> Sequence[Content]:
    """What every try came to; a failure with what is safe and what to do."""
    lines = []
    for entry in laptop.tries.latest(MOST):
        lines.append(Content(synced.told(entry)))
        told = " ".join(part for part in (getattr(entry, "safe", ""), getattr(entry, "next_step", "")) if part)
        if told:
            lines.append(Content.styled("  " + told, "$muted"))
    return lines


def aside(standing: Standing | None, *, brief: bool = False) -> Iterable[Content]:
    """What the office keeps aside and why, and how it looks upon this laptop when that is not as usual. `brief`:
    beside other things."""
    if standing is None:
        return
    if standing.state in _STATES:
        yield Content.styled("! " + _(_STATES[standing.state]), "bold $warning")
        yield Content("")
    if standing.quarantined:
        text = _("Apartado por la oficina: está guardado, y no cuenta hasta que se revise")
        yield Content.styled(text, "bold $accent")
    shown = standing.quarantined[:3] if brief else standing.quarantined
    for item in shown:
        yield Content.assemble((item.ref.ljust(_LABEL), "bold"), item.sentence)
    if standing.quarantined:
        yield Content("")
    if standing.quarantined and not brief:
        yield Content(_("Corrija el registro si el motivo lo pide: la corrección viaja con el próximo envío."))


def _line(change: Change) -> Content:
    kind = KINDS.get(change.kind)
    label = _(kind.label) if kind else change.kind
    what = label if change.creates else _("corrige {ref}").format(ref=change.record)
    return Content.assemble((change.ref.ljust(_LABEL), "bold"), (words.moment(change.at) + "  ", "$muted"), what)
