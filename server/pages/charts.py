"""Charts drawn here: bars for figures, dots for places. Each has its words, for who does not see it.

No style of their own: colours and letters are the sheet's, so that the policy lets them be and dark mode is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from itinerant import reference
from itinerant.texts import _

MOST_BARS = 25
"""Two years of months and the one that runs."""


def bars(rows: Sequence[tuple[str, float, str]], title: str) -> Markup:
    """Horizontal bars: label, length, and the figure as it is written. The longest fills its column; the words are the
    page's own, so that they are as large on a phone as anywhere and may take two lines. No more than `MOST_BARS`, and
    the last line says so."""
    shown = rows[:MOST_BARS]
    longest = max((length for _label, length, _text in shown), default=0) or 1
    lines = [
        Markup(
            '<li><span>{label}</span><svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
            '<rect class="bar" width="{width}" height="1"/></svg><b>{text}</b></li>'
        ).format(label=label, width=round(100 * length / longest, 1), text=text)
        for label, length, text in shown
    ]
    if len(rows) > len(shown):
        rest = _("Y {n} más, que están en la tabla.").format(n=len(rows) - len(shown))
        lines.append(Markup('<li class="quiet">{}</li>').format(rest))
    return Markup('<ul class="bars" aria-label="{}">{}</ul>').format(title, Markup("").join(lines))


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on the map: its district, how large, what it says, and the page that it leads to."""

    ubigeo: str
    weight: float
    label: str
    path: str
    silent: bool = False


_WEST, _EAST, _NORTH, _SOUTH = -81.6, -68.4, 0.3, -18.6
_SCALE = 30
_SQUARE = 1.02
"""Degrees of longitude are about as long as those of latitude so near the equator."""


def _place(latitude: float, longitude: float) -> tuple[float, float]:
    return round((longitude - _WEST) * _SCALE / _SQUARE, 1), round((_NORTH - latitude) * _SCALE, 1)


def peru(dots: Iterable[Dot], title: str) -> Markup:
    """A map of Peru made of its districts' own places, with dots where something is."""
    places = reference.districts()
    land = "".join(f"M{x} {y}h.01" for x, y in sorted({_place(each.latitude, each.longitude) for each in places}))
    parts = []
    for dot in dots:
        where = places.get(dot.ubigeo)
        if where is None:
            continue
        x, y = _place(where.latitude, where.longitude)
        parts.append(
            Markup(
                '<a href="{path}"><circle class="dot{silent}" cx="{x}" cy="{y}" r="{r}"><title>{label}</title>'
                "</circle></a>"
            ).format(
                path=dot.path, silent=" silent" if dot.silent else "", x=x, y=y,
                r=round(4 + 8 * min(dot.weight, 1) ** 0.5, 1), label=dot.label,
            )
        )  # fmt: skip
    width, height = round((_EAST - _WEST) * _SCALE / _SQUARE), round((_NORTH - _SOUTH) * _SCALE)
    return Markup(
        '<svg class="chart map" viewBox="0 0 {w} {h}" role="group" aria-label="{t}"><path class="land" d="{land}"/>'
        "{body}</svg>"
    ).format(w=width, h=height, t=escape(title), land=land, body=Markup("").join(parts))
