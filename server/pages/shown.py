"""A value of a record as the page shows it: with the label of its choice, the name of what it points to, a link."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup, escape

from itinerant.domain import words
from itinerant.domain.fields import Field, Type, Value, is_reference
from itinerant.reference import districts
from itinerant.texts import _


def shown(value: Value, field: Field, names: Mapping[str, Mapping[str, str]]) -> Markup:
    """A value for reading, escaped."""
    if value is None:
        return Markup('<span class="quiet">—</span>')
    if field.type is Type.REFERENCE and is_reference(str(value)):
        label = names.get(field.to, {}).get(str(value), str(value))
        return Markup('<a href="/registro/{}">{}</a>').format(value, label)
    if field.name == "ubigeo":
        return escape(districts().label(str(value)))
    if field.to and not isinstance(value, list) and value not in field.allowed:
        name = names.get(field.to, {}).get(str(value))
        if field.to == "service" and name is None:
            return Markup('{} <span class="chip">! {}</span>').format(value, _("fuera del catálogo"))
        return escape(f"{name} ({value})" if name and name != value else str(value))
    return escape(words.shown(field, value))
