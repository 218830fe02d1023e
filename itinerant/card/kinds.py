"""Which card it is, by its ATR and by what it lets one SELECT.

* An ATR alone never identifies a DNIe: its chips are sold to others too. Both have to fit.
* What is unknown stays unknown; the program works the same with it.
* Names and ATRs of the three DNIe: field notes of the project; the third ATR was deduced, not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from itinerant.card.apdu import Transmit, select
from itinerant.texts import N_, _


class CardKind(StrEnum):
    """What a card is."""

    PIV = "piv"
    DNIE_1 = "dnie1"
    DNIE_2 = "dnie2"
    DNIE_3 = "dnie3"
    OPENPGP = "openpgp"
    ICAO = "icao"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """Its name for a person."""
        return _(_WORDS[self])


_WORDS: Mapping[CardKind, str] = {
    CardKind.PIV: N_("tarjeta del personal (PIV)"),
    CardKind.DNIE_1: N_("DNI electrónico 1.0"),
    CardKind.DNIE_2: N_("DNI electrónico 2.0"),
    CardKind.DNIE_3: N_("DNI electrónico 3.0"),
    CardKind.OPENPGP: N_("tarjeta OpenPGP"),
    CardKind.ICAO: N_("documento de viaje (ICAO)"),
    CardKind.UNKNOWN: N_("tarjeta desconocida"),
}

PIV_NAME = bytes.fromhex("A000000308000010000100")
_GENERIC = bytes.fromhex("E828BD080FD25047656E65726963")
_DNIE: Sequence[tuple[CardKind, bytes, Sequence[bytes]]] = (
    (
        CardKind.DNIE_1,
        bytes.fromhex("3BDD18008131FE4580F9A0000000770100700A90008B"),
        (bytes.fromhex("A0000000770100700A1000F100000100"),),
    ),
    (CardKind.DNIE_2, bytes.fromhex("3BDC18FF8191FE1FC38073C821136605036351000250"), (_GENERIC,)),
    (
        CardKind.DNIE_3,
        bytes.fromhex("3BDF96008131FE4580738421E0556978540001830F9000F9"),
        (bytes.fromhex("A000000077030C60000000FE00000500"), _GENERIC),
    ),
)
_OTHERS: Sequence[tuple[CardKind, bytes]] = (
    (CardKind.PIV, PIV_NAME),
    (CardKind.OPENPGP, bytes.fromhex("D27600012401")),
    (CardKind.ICAO, bytes.fromhex("A0000002471001")),
)


def recognise(atr: bytes, transmit: Transmit) -> CardKind:
    """Which card answers; nothing of it is kept. Raises `CardProblem` when it stops answering."""
    for kind, known, names in _DNIE:
        if atr == known:
            return kind if all(select(transmit, name).ok for name in names) else CardKind.UNKNOWN
    for kind, name in _OTHERS:
        if select(transmit, name).ok:
            return kind
    return CardKind.UNKNOWN
