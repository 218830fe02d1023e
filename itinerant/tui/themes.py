"""Three sets of colours of our own: *claro*, *oscuro*, and *contraste* for the sun.

* Every pair of text and ground has a contrast of 4.5 or more (WCAG 2.2, 1.4.3); a test reads it from what is drawn.
* One accent. State is told by sign and word first; colour only repeats it.
* Textual's own text variables are blends that fall under 4.5 in places, so they are given here one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.theme import Theme


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme, by their use."""

    ground: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    good: str
    warn: str
    bad: str
    dark: bool


CLARO = Palette(
    ground="#f6f4ef",
    surface="#fffefb",
    raised="#e9e5db",
    line="#8a8577",
    text="#1d2530",
    muted="#54595f",
    accent="#0b5c66",
    on_accent="#ffffff",
    good="#1f6431",
    warn="#7a4a00",
    bad="#a11d2b",
    dark=False,
)
OSCURO = Palette(
    ground="#12171d",
    surface="#1a2129",
    raised="#26303a",
    line="#7d8a97",
    text="#e8ebee",
    muted="#b0bac4",
    accent="#7fd1cb",
    on_accent="#0c1f21",
    good="#8fd6a0",
    warn="#f0c674",
    bad="#ff9d96",
    dark=True,
)
CONTRASTE = Palette(
    ground="#000000",
    surface="#000000",
    raised="#1c1c1c",
    line="#ffffff",
    text="#ffffff",
    muted="#ffffff",
    accent="#ffe600",
    on_accent="#000000",
    good="#7dff9b",
    warn="#ffe600",
    bad="#ffb3ad",
    dark=True,
)


def _theme(name: str, palette: Palette) -> Theme:
    p = palette
    return Theme(
        name=name,
        primary=p.accent,
        secondary=p.accent,
        accent=p.accent,
        warning=p.warn,
        error=p.bad,
        success=p.good,
        foreground=p.text,
        background=p.ground,
        surface=p.surface,
        panel=p.raised,
        boost=p.raised,
        dark=p.dark,
        text_alpha=1.0,
        variables={
            "line": p.line,
            "muted": p.muted,
            "on-accent": p.on_accent,
            "text": p.text,
            "text-muted": p.muted,
            "text-disabled": p.muted,
            "text-primary": p.accent,
            "text-accent": p.accent,
            "text-warning": p.warn,
            "text-error": p.bad,
            "text-success": p.good,
            "foreground-muted": p.muted,
            "foreground-disabled": p.muted,
            "border": p.line,
            "border-blurred": p.line,
            "block-cursor-foreground": p.on_accent,
            "block-cursor-background": p.accent,
            "block-cursor-text-style": "bold",
            "block-cursor-blurred-foreground": p.text,
            "block-cursor-blurred-background": p.raised,
            "block-cursor-blurred-text-style": "bold",
            "block-hover-background": p.raised,
            "input-cursor-background": p.text,
            "input-cursor-foreground": p.ground,
            "input-cursor-text-style": "none",
            "input-selection-background": p.accent,
            "input-selection-foreground": p.on_accent,
            "screen-selection-background": p.accent,
            "screen-selection-foreground": p.on_accent,
            "footer-foreground": p.muted,
            "footer-background": p.raised,
            "footer-key-foreground": p.text,
            "footer-key-background": p.raised,
            "footer-description-foreground": p.text if p.muted == p.text else p.muted,
            "footer-description-background": p.raised,
            "footer-item-background": p.raised,
            "scrollbar": p.line,
            "scrollbar-hover": p.accent,
            "scrollbar-active": p.accent,
            "scrollbar-background": p.ground,
            "scrollbar-background-hover": p.ground,
            "scrollbar-background-active": p.ground,
            "scrollbar-corner-color": p.ground,
        },
    )


THEMES = (_theme("claro", CLARO), _theme("oscuro", OSCURO), _theme("contraste", CONTRASTE))
"""In the order in which a person goes through them; the first one is the default (brigades work by day)."""
