"""How texts are compared when a person searches: without accents, capitals or doubled spaces."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """`text` as it is searched: «Ficha RENIEC  Ñaña» becomes «ficha reniec nana»."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in apart if not unicodedata.combining(char)).split())
