"""A field that holds several codes: each option is put in or taken out by its digit, or by the space bar under the
cursor.

* What is in carries `✓` in place of its digit, so that it is seen without colour too.
* ← → move the cursor among the options; Enter goes on; Backspace takes everything out. A click does it too.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content

from itinerant.domain.fields import Field, Value
from itinerant.texts import _
from itinerant.tui.widgets.choice_field import MOST, ChoiceField, Place


class CodesField(ChoiceField):
    """Any number of the options of a list."""

    def __init__(self, declared: Field, options: Sequence[tuple[Value, str]] = ()) -> None:
        super().__init__(declared, options)
        self._held: list[str] = []
        self._cursor = 0

    @property
    def value(self) -> Value:
        return list(self._held) or None

    def put(self, value: Value) -> None:
        self._held = [str(item) for item in value] if isinstance(value, list) else []
        known = {option for option, _label in self._options}
        self._options.extend((item, item) for item in self._held if item not in known)
        self.refresh(layout=True)

    def _toggle(self, index: int) -> None:
        value = str(self._options[index][0])
        self._cursor = index
        if value in self._held:
            self._held.remove(value)
        else:
            self._held = [str(option) for option, _label in self._options if option in self._held or option == value]
        self.complain("")
        self.post_message(self.Changed(self))

    def on_key(self, event: events.Key) -> None:
        count = len(self._options)
        if event.key == "enter":
            self.post_message(self.Done(self))
        elif event.is_printable and event.character in list("123456789")[:count]:
            self._toggle(int(event.character) - 1)
        elif event.key == "space" and count:
            self._toggle(self._cursor)
        elif event.key in ("left", "right") and count:
            self._cursor = (self._cursor + (1 if event.key == "right" else -1)) % count
            self.refresh()
        elif event.key in ("up", "down"):
            self.screen.focus_next() if event.key == "down" else self.screen.focus_previous()
        elif event.key in ("backspace", "delete"):
            self._held = []
            self.complain("")
            self.post_message(self.Changed(self))
        else:
            return
        event.stop()
        event.prevent_default()

    def choose(self, index: int) -> None:
        self._toggle(index)

    def sign_of(self, index: int) -> str:
        if self._options[index][0] in self._held:
            return "✓"
        return str(index + 1) if index < MOST else "·"

    def drawn(self, place: Place) -> list[tuple[str, str] | str]:
        held = self._options[place.index][0] in self._held
        under = self.has_focus and place.index == self._cursor
        sign, rest = place.text[1], place.text[2:]
        if held:
            style = "bold $on-accent on $accent"
            return [(place.text, f"{style} underline" if under else style)]
        return [" ", (sign, "bold $accent" if self.has_focus else "$muted"), (rest, "underline" if under else "")]

    def render(self) -> Content:
        if self._options:
            return super().render()
        return Content.assemble(*self.margin(self.label), " ", (_("La lista aún no llegó."), "$muted"))
