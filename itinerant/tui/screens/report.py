"""Visits in figures and bars: by service, result, hour and language, and how long attentions took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import words
from itinerant.domain.session import RESOLVED, SESSION
from itinerant.texts import N_, _, ngettext
from itinerant.tui import services as catalogue
from itinerant.tui.actions import bindings
from itinerant.tui.papers import Report
from itinerant.tui.ports import Services
from itinerant.tui.screens.page import Page
from itinerant.tui.widgets.bars import Bars
from itinerant.tui.widgets.figure import Figure
from itinerant.tui.widgets.status_bar import StatusBar


class ReportScreen(Page[None]):
    """Shows one report at a time; ← → go from the visit to the campaign and to everything."""

    TITLE = N_("Reportes")
    CSS_PATH = "../styles/paper.tcss"
    BINDINGS = bindings("previous_report", "next_report")

    def __init__(self, reports: Sequence[Report], services: Services) -> None:
        super().__init__()
        self._reports = reports
        self._services = services
        self._at = 0

    def body(self) -> Iterable[Widget]:
        names = ("total", "resolved", "median", "p90")
        yield Horizontal(*(Figure("", name) for name in names), id="figures")
        yield Static("", id="say")
        yield Horizontal(Bars(N_("Por servicio")), Bars(N_("Por resultado")), classes="pair")
        yield Horizontal(Bars(N_("Por hora")), Bars(N_("Por lengua")), classes="pair")

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        report = self._reports[self._at]
        total = report.summary
        place = f"{self._at + 1}/{len(self._reports)} · " if len(self._reports) > 1 else ""
        self.query_one(StatusBar).retitle(f"{_(str(self.TITLE))} · {place}{report.title}")
        resolved = total.by["outcome"].get(RESOLVED, 0)
        percent = round(100 * resolved / total.total) if total.total else 0
        self.query_one("#total", Figure).show(total.total, ngettext("atención", "atenciones", total.total))
        self.query_one("#resolved", Figure).show(percent, _("% resueltas"))
        self.query_one("#median", Figure).show(round((total.median_s or 0) / 60), _("min, la mediana"))
        self.query_one("#p90", Figure).show(round((total.p90_s or 0) / 60), _("min, 9 de cada 10"))
        self.query_one("#say", Static).update(_say(report))
        services, outcomes, hours, languages = self.query(Bars)
        services.show([(catalogue.label(self._services, code), n) for code, n in total.by["service"].items()])
        outcomes.show([(SESSION.by_name["outcome"].label_of(code), n) for code, n in total.by["outcome"].items()])
        hours.show([(f"{hour:02}:00", n) for hour, n in total.by_hour.items()])
        languages.show([(SESSION.by_name["language"].label_of(code), n) for code, n in total.by["language"].items()])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("previous_report", "next_report"):
            return len(self._reports) > 1
        return super().check_action(action, parameters)

    def action_previous_report(self) -> None:
        """The report before this one."""
        self._at = (self._at - 1) % len(self._reports)
        self._show()

    def action_next_report(self) -> None:
        """The report after this one."""
        self._at = (self._at + 1) % len(self._reports)
        self._show()


def _say(report: Report) -> str:
    """One line of what the figures do not say."""
    total = report.summary
    parts = [
        ngettext("{n} jornada", "{n} jornadas", len(report.visits)).format(n=len(report.visits)),
        ngettext("{n} anulada", "{n} anuladas", total.void).format(n=total.void),
        _("{time} de atención").format(time=words.duration(total.seconds)),
        _("{amount} pagados").format(amount=words.soles(total.fee_cents)),
    ]
    if report.goal:
        parts.append(
            _("{percent} % de la meta de {goal}").format(percent=100 * total.total // report.goal, goal=report.goal)
        )
    return " · ".join(parts)
