"""The doings of a person with a card, whole: how many tries are left, log-in, a new access, the check of a citizen.

* A PIV card in a reader is spoken to directly; otherwise the configured PKCS#11 module is asked.
* What comes back says nothing of the card but an outcome, a code and a verdict on its issuer.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from cryptography import x509

from itinerant.card import anchors, pins, readers, seal, tokens
from itinerant.card.anchors import Trust
from itinerant.card.kinds import CardKind
from itinerant.card.piv import PivCard, PublicKey
from itinerant.errors import CardProblem, UserError
from itinerant.texts import _


class StaffCard(Protocol):
    """A PIV card or a token; see `piv.PivCard`."""

    def tries(self) -> int | None: ...
    def verify(self, pin: str, *, insist: bool = False) -> None: ...
    def prove(self) -> x509.Certificate: ...
    def public(self) -> PublicKey: ...
    def open(self, sealed: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class NewAccess:
    """What the vault keeps (`kept`), the key that the card makes of it, and the verdict on the card's issuer."""

    kept: str
    key: bytes
    trust: Trust

    def __repr__(self) -> str:
        return "NewAccess(…)"


@dataclass(frozen=True, slots=True)
class CardCheck:
    """The outcome of a citizen's check as a session records it: `card` is a value of the field, `code` of
    `card_code` when it failed. `words` are for the screen alone."""

    card: str
    code: str
    words: str


@contextmanager
def staff_card(module: str = "", *, skip: str = "") -> Iterator[StaffCard]:
    """The card or token that is here. `skip`: a reader whose card is left alone. Raises `CardProblem`."""
    found = readers.look()
    found = replace(found, readers=tuple(reader for reader in found.readers if not skip or reader.name != skip))
    reader = found.with_card(CardKind.PIV)
    if reader is not None:
        with readers.card(reader.name) as opened:
            pad = pins.pad(readers.pcsc(), opened.handle, b"\x00\x20\x00\x80", least=6, most=8)
            yield PivCard(opened.transmit, pad)
        return
    if module:
        with tokens.token(module, skip=skip) as token:
            yield token
        return
    raise missing(found)


def missing(found: readers.Readers) -> CardProblem:
    """Why there is no card that could be used."""
    if found.problem:
        readers.pcsc()  # says itself that the library is missing
        return CardProblem(
            _("El servicio de lectores no está en marcha."),
            next_step=_("«itinerant doctor» dice cómo se instala o se inicia."),
            code=found.problem,
        )
    if not found.readers:
        return CardProblem(
            _("No hay ningún lector conectado."),
            next_step=_("Conecte el lector y espere un momento."),
            code="no_reader",
        )
    if found.with_card() is None:
        return CardProblem(_("No hay tarjeta en el lector."), next_step=_("Inserte la tarjeta."), code="no_card")
    if any(reader.busy for reader in found.readers):
        return CardProblem(
            _("Otro programa está usando la tarjeta."), next_step=_("Ciérrelo, o espere a que termine."), code="in_use"
        )
    return CardProblem(
        _("La tarjeta no se puede usar aquí sin un módulo PKCS#11."),
        next_step=_("Configure la ruta del módulo, o use una tarjeta del personal (PIV)."),
        code="no_module",
    )


def tries(module: str = "") -> int | None:
    """Tries left of the card that is here. Raises `CardProblem`."""
    with staff_card(module) as card:
        return card.tries()


def new_access(pin: str, folder: Path, now: datetime.datetime, *, module: str = "", insist: bool = False) -> NewAccess:
    """A key that this card alone opens, once it has proved itself. Raises `CardProblem`, `UserError`."""
    with staff_card(module) as card:
        card.verify(pin, insist=insist)
        found = anchors.require(anchors.trust(card.prove(), folder, now))
        public = card.public()
        kept, key = seal.seal(public)
        if seal.unseal(kept, public, card.open) != key:
            raise CardProblem(_("La tarjeta no abre lo que se selló para ella."), code="not_opened")
    return NewAccess(kept, key, found)


def keys(
    pin: str, seals: Sequence[str], folder: Path, now: datetime.datetime, *, module: str = "", insist: bool = False
) -> dict[str, bytes]:
    """The keys that the card makes of these seals, after it proved itself; those of other cards open nothing.

    Raises `CardProblem`, `UserError`.
    """
    if not seals:
        raise UserError(
            _("Ninguna tarjeta tiene acceso a esta laptop."),
            next_step=_("Entre con su frase y use «Personas y accesos», o «itinerant card add»."),
            code="no_card_slot",
        )
    with staff_card(module) as card:
        card.verify(pin, insist=insist)
        anchors.require(anchors.trust(card.prove(), folder, now))
        public = card.public()
        opened = {kept: seal.unseal(kept, public, card.open) for kept in seals}
    return {kept: key for kept, key in opened.items() if key is not None}


def check(pin: str, *, module: str = "", insist: bool = False, skip: str = "") -> CardCheck:
    """Whether a person holds the card whose PIN they typed. `skip`: the reader with the staff's own card.

    Raised are only what the person can mend at once: no card, no reader, a wrong PIN, few tries; all else is an outcome
    to record.
    """
    try:
        with staff_card(module, skip=skip) as card:
            card.verify(pin, insist=insist)
            card.prove()
    except CardProblem as error:
        if error.code in ("wrong_pin", "few_tries", "no_card", "no_reader", "no_service", "no_library", "in_use"):
            raise
        if error.code in ("only_signature", "no_module"):
            return CardCheck("read", "", error.sentence)
        return CardCheck("failed", error.code.replace(" ", "")[:12], error.sentence)
    return CardCheck("authenticated", "", _("La tarjeta demostró su llave: la persona la tiene y sabe su PIN."))
