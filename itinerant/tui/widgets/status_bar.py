"""The line at the top: where one is, who works here, and whether the office has everything."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from itinerant.texts import N_, _, ngettext
from itinerant.tui.cells import clip

LINKS = {
    "online": N_("en línea"),
    "offline": N_("sin red"),
    "off": N_("envío apagado"),
    "capped": N_("tope del día"),
    "trouble": N_("vea Sincronizar"),
}
"""How the sync that runs by itself stands."""


class StatusBar(Widget):
    """Title at the left; person, laptop and state of the sync at the right. It takes no focus."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._who: tuple[str, ...] = ()
        self._state = Content("")

    def retitle(self, title: str) -> None:
        """Show another title."""
        self._title = title
        self.refresh()

    def show(self, *, who: str, device: str, pending: int, problems: int, link: str = "") -> None:
        """Show who works on which laptop, how many changes wait or need a decision, and how the sync stands that runs
        by itself (`ports.Step.link`; empty: not known yet)."""
        self._who = tuple(part for part in (who, device) if part)
        if problems:
            text = ngettext("! {n} por revisar", "! {n} por revisar", problems).format(n=problems)
            self._state = Content.styled(text, "bold $warning")
        elif pending:
            self._state = Content.styled(
                ngettext("· {n} por enviar", "· {n} por enviar", pending).format(n=pending), "$foreground"
            )
        else:
            self._state = Content.styled(_("✓ todo enviado"), "$success")
        if link in LINKS:
            self._state = Content.assemble(self._state, (" · " + _(LINKS[link]), "$muted"))
        self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        who, right = self._who, self._right(self._who)
        while who and width - right.cell_length - 2 < cell_len(self._title):  # where one is matters more than who
            who = who[1:]
            right = self._right(who)
        room = max(0, width - right.cell_length - 2)
        return Content.assemble((clip(self._title, room) if room else "", "bold"), "  ", right)

    def _right(self, who: tuple[str, ...]) -> Content:
        return Content.assemble((" · ".join(who), "$muted"), "  " if who else "", self._state)
