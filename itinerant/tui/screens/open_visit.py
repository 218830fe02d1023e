"""Opens the day's visit: a stop of the campaign, or a district and a place. Two answers are enough.

* What was answered is kept as a draft until the visit is open: going back, or a lock, loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textual import on
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import words
from itinerant.domain.campaign import STOP
from itinerant.domain.fields import Value
from itinerant.domain.ubigeo import Districts
from itinerant.domain.visit import VISIT
from itinerant.texts import N_, _
from itinerant.tui.drafts import DraftKeeper
from itinerant.tui.ports import Row, SavedDraft
from itinerant.tui.screens.form_page import FormPage, presentable
from itinerant.tui.widgets.form import Form
from itinerant.tui.widgets.search_field import Option, Options
from itinerant.tui.work import ask

DRAFT = "visit"
"""Key of the draft of a visit that is being opened."""
ASKED = ("stop", "ubigeo", "place", "capacity", "terminals", "connectivity")
_ELSEWHERE = ""
"""Chosen, it leaves the field empty: then the district and the place are asked."""
_STARTS_ON = STOP.by_name["starts_on"]


class OpenVisitScreen(FormPage):
    """Writes the visit. `stops` are the campaign's, the next ones first; `draft` is what an earlier screen left."""

    TITLE = N_("Abrir la jornada")
    SAVE = N_("Seguir: verificar")

    def __init__(self, stops: Sequence[Row], districts: Districts, draft: SavedDraft | None = None) -> None:
        super().__init__(VISIT)
        self._draft = draft
        self._stops = {stop.record: stop for stop in stops}
        self._districts = districts

    def top(self) -> Iterable[Widget]:
        text = _("¿Dónde atiende hoy la brigada?")
        yield Static(text, classes="lead")

    def make_form(self) -> Form:
        names = ASKED if self._stops else ASKED[1:]
        elsewhere = {"ubigeo": self._is_elsewhere, "place": self._is_elsewhere}
        options = {"stop": self._stop_options(), "ubigeo": self._district_options()}
        return Form(VISIT, names, options=options, relevant=elsewhere)

    def on_mount(self) -> None:
        self.keeper = DraftKeeper(self, self.itinerant.laptop.drafts, DRAFT, self._snapshot)
        kept = self._draft.values.get("values") if self._draft else None
        self.form.put({**self.form.defaults(), **(kept if isinstance(kept, Mapping) else {})})

    def _snapshot(self) -> dict[str, Any]:
        return {"values": presentable(VISIT, self.form.values())}

    def _is_elsewhere(self, values: Mapping[str, Value]) -> bool:
        return values.get("stop") is None

    def _stop_options(self) -> Options:
        options = [self._stop_option(stop) for stop in self._stops.values()]
        options.append(Option(_ELSEWHERE, _("Otro lugar, fuera de la campaña")))
        by_value = {option.value: option for option in options}

        def find(query: str, limit: int) -> list[Option]:
            return [option for option in options if query.casefold() in option.label.casefold()][:limit]

        return Options(find, by_value.get, options, _("Puntos de la campaña: elija con un número"))

    def _stop_option(self, stop: Row) -> Option:
        district = self._districts.get(str(stop.values.get("ubigeo")))
        where = f"{district.district}, {district.province}" if district else str(stop.values.get("ubigeo"))
        starts = stop.values.get("starts_on")
        day = words.shown(_STARTS_ON, starts) if starts else ""
        return Option(stop.record, f"{stop.values.get('place')} · {where}", day)

    def _district_options(self) -> Options:
        def find(query: str, limit: int) -> list[Option]:
            return [Option(found.code, found.label) for found in self._districts.search(query, limit)]

        def named(code: str) -> Option | None:
            found = self._districts.get(code)
            return Option(code, found.label) if found else None

        return Options(find, named)

    @on(Form.Changed)
    def _stop_brings_its_place(self, event: Form.Changed) -> None:
        stop = self._stops.get(str(self.form.rows["stop"].value)) if event.name == "stop" else None
        if stop is not None and stop.values.get("capacity") is not None:
            self.form.put({"capacity": stop.values["capacity"]})

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        laptop = self.itinerant.laptop
        whole = {**values, "brigade": laptop.brigade, "opened_at": self.itinerant.now_ms(), "present": [laptop.person]}
        stop = self._stops.get(str(whole.get("stop")))
        if stop is None:
            return whole
        return {**whole, "ubigeo": stop.values["ubigeo"], "place": stop.values["place"]}

    def store(self, values: Mapping[str, Value]) -> None:
        """Go on to the check, which opens the visit; without it one comes back here, and nothing was written."""

        def checked(ref: str | None) -> None:
            if ref and self.keeper is not None:
                drafts = self.itinerant.laptop.drafts
                self.keeper.settle(lambda: ask(self, lambda: drafts.discard(DRAFT), lambda _nothing: self.dismiss(ref)))

        self.itinerant.routes.check(values, checked)
