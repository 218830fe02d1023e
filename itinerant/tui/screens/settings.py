"""What a person may choose of this laptop's screen: the same form engine, over a declaration of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from textual.widget import Widget
from textual.widgets import Static

from itinerant.config import LEAST_IDLE_S, MOST_IDLE_S, Config
from itinerant.domain import words
from itinerant.domain.fields import Choice, Field, Kind, Type, Value
from itinerant.texts import N_, _, languages
from itinerant.tui.drafts import DraftKeeper
from itinerant.tui.ports import SavedDraft
from itinerant.tui.screens.form_page import FormPage
from itinerant.tui.screens.question import Question
from itinerant.tui.widgets.form import Form
from itinerant.tui.work import ask

DRAFT = "settings"
"""What was chosen and not saved when the laptop locked, among the drafts."""

SETTINGS = Kind(
    name="settings",
    label=N_("Ajustes"),
    plural=N_("Ajustes"),
    fields=(
        Field(
            "theme",
            Type.CHOICE,
            N_("Colores"),
            required=True,
            choices=(
                Choice("claro", N_("Claro")),
                Choice("oscuro", N_("Oscuro")),
                Choice("contraste", N_("Alto contraste, para el sol")),
            ),
        ),
        Field(
            "language",
            Type.CHOICE,
            N_("Idioma"),
            required=True,
            choices=tuple(Choice(code, name) for code, name in languages()),
            help=N_("El quechua está por revisar por un hablante; lo que falta sale en castellano."),
        ),
        Field(
            "idle_lock_s",
            Type.INTEGER,
            N_("Bloquear tras"),
            required=True,
            unit="s",
            minimum=LEAST_IDLE_S,
            maximum=MOST_IDLE_S,
            help=N_("Minutos sin uso hasta que la laptop se bloquea: de 0:30 a 60."),
        ),
    ),
)


class SettingsScreen(FormPage):
    """Changes the preferences; they hold at once and for everybody who uses this laptop. Answers with the language."""

    TITLE = N_("Ajustes")
    SAVE = N_("Guardar")

    def __init__(self, now: Config, draft: SavedDraft | None) -> None:
        super().__init__(SETTINGS)
        self._now = now
        self._draft = draft

    def top(self) -> Iterable[Widget]:
        yield Static(_("Valen para todos los que usan esta laptop."), classes="lead")
        if self._draft:
            moment = words.moment(self._draft.at)
            yield Static(_("Continúa lo elegido el {moment}; todavía no vale").format(moment=moment), classes="notice")

    def make_form(self) -> Form:
        return Form(SETTINGS, tuple(SETTINGS.by_name))

    def on_mount(self) -> None:
        self.keeper = DraftKeeper(self, self.itinerant.laptop.drafts, DRAFT, self.form.values)
        self.form.put({**self._before, **(self._draft.values if self._draft else {})})

    @property
    def _before(self) -> dict[str, Value]:
        return {name: getattr(self._now, name) for name in SETTINGS.by_name}

    def action_back(self) -> None:
        """Go back; what was changed is saved or not, as one says."""
        if self.form.values() == self._before:
            self._forget()
            return
        question = Question(
            _("¿Guardar los cambios?"),
            _("Los ajustes que cambió todavía no valen."),
            [("yes", _("Guardar")), ("no", _("Dejarlo como está"))],
        )
        self.app.push_screen(question, self._answered)

    def _answered(self, answer: str | None) -> None:
        if answer == "yes":
            self.action_save()
        elif answer == "no":
            self._forget()

    def _forget(self) -> None:
        drafts = self.itinerant.laptop.drafts
        assert self.keeper is not None, "it is there as long as the screen is"
        self.keeper.settle(lambda: ask(self, lambda: drafts.discard(DRAFT), lambda _nothing: self.dismiss(None)))

    def write(self, values: Mapping[str, Value]) -> Callable[[], str]:
        chosen = replace(
            self._now,
            theme=str(values["theme"]),
            language=str(values["language"]),
            idle_lock_s=int(str(values["idle_lock_s"])),
        )
        self.itinerant.prefer(chosen)
        drafts = self.itinerant.laptop.drafts

        def job() -> str:
            drafts.discard(DRAFT)
            return chosen.language

        return job
