"""Bars in the terminal: how many of each, longest first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from itinerant.texts import _
from itinerant.tui.cells import clip

_LABEL = 44
_LEAST_BAR = 4


class Bars(Widget):
    """Labelled horizontal bars; what does not fit is summed up in one last line."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._counts: Sequence[tuple[str, int]] = ()

    def show(self, counts: Sequence[tuple[str, int]]) -> None:
        """Draw these counts, given longest first."""
        self._counts = counts
        self.refresh()

    def render(self) -> Content:
        width, height = self.content_size
        rows = [Content.styled(_(self._title), "bold")]
        room = max(1, height - 1)
        shown, rest = list(self._counts), []
        if len(shown) > room:
            shown, rest = shown[: room - 1], shown[room - 1 :]
        if not shown:
            rows.append(Content.styled(_("Todavía nada."), "$muted"))
        most = max((count for _label, count in shown), default=1)
        label_width = min(_LABEL, max((cell_len(label) for label, _count in shown), default=0), width * 3 // 5)
        longest = max(_LEAST_BAR, width - label_width - len(str(most)) - 3)
        for label, count in shown:
            halves = max(1, round(count / most * longest * 2)) if count else 0
            bar = "█" * (halves // 2) + "▌" * (halves % 2)
            rows.append(
                Content.assemble((clip(label, label_width), "$muted"), " ", (bar, "$accent"), (f" {count}", "bold"))
            )
        if rest:
            others = _("Otros {n}").format(n=len(rest))
            rows.append(Content.assemble((clip(others, label_width), "$muted"), f" {sum(n for _label, n in rest)}"))
        return Content("\n").join(rows)
