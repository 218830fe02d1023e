"""Charts drawn here as SVG: bars for figures, dots for places. Each has its words, for who does not see it.

No style of their own: colours and letters are the sheet's, so that the policy lets them be and dark mode is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from itinerant import reference

WIDTH = 640
_ROW, _BAR, _LABEL = 24, 16, 240
_LETTERS = 34
MOST_BARS = 20


def bars(rows: Sequence[tuple[str, float, str]], title: str) -> Markup:
    """Horizontal bars: label, length, and the figure as it is written. The longest fills the width."""
    shown = rows[:MOST_BARS]
    longest = max((length for _label, length, _text in shown), default=0) or 1
    parts = []
    for place, (label, length, text) in enumerate(shown):
        top = place * _ROW
        width = round((WIDTH - _LABEL - 90) * length / longest, 1)
        cut = label if len(label) <= _LETTERS else f"{label[: _LETTERS - 1]}…"
        parts.append(
            Markup(
                '<text x="{x}" y="{y}" text-anchor="end">{label}</text><rect class="bar" x="{left}" y="{bar}" '
                'width="{width}" height="{height}" rx="2"><title>{whole}: {text}</title></rect>'
                '<text x="{after}" y="{y}">{text}</text>'
            ).format(
                x=_LABEL - 8, y=top + 16, label=cut, left=_LABEL, bar=top + 4, width=max(width, 1), height=_BAR,
                whole=label, text=text, after=_LABEL + max(width, 1) + 6,
            )
        )  # fmt: skip
    height = max(len(shown), 1) * _ROW
    return Markup('<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-label="{t}">{body}</svg>').format(
        w=WIDTH, h=height, t=title, body=Markup("").join(parts)
    )


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
